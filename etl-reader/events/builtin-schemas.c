/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "builtin-schemas.h"

/* The kinds of fields, each with a letter; in and out are types of tdh.h. */
static const struct etl_field_letter {
    char letter;
    uint16_t in, out, length;
    uint32_t flags;
    const char *map;
} letters[] = {
    {'b', 4, 4, 0, 0, NULL},
    {'h', 6, 6, 0, 0, NULL},
    {'d', 8, 8, 0, 0, NULL},
    {'x', 8, 18, 0, 0, NULL},
    {'q', 10, 10, 0, 0, NULL},
    {'X', 10, 19, 0, 0, NULL},
    {'p', 16, 0, 0, 0, NULL},
    {'w', 1, 1, 0, 0, NULL},
    {'s', 304, 1, 0, 0, NULL}, /* to the event's end */
    {'G', 15, 14, 0, 0, NULL},
    {'m', 14, 15, 6, ETL_FIELD_FIXED_LENGTH, NULL},
    {'4', 8, 23, 0, 0, NULL},
    {'6', 14, 24, 16, ETL_FIELD_FIXED_LENGTH, NULL},
    {'B', 14, 15, 0, ETL_FIELD_LENGTH_FIELD, NULL}, /* the previous field is its length */
    {'D', 6, 6, 0, 0, "PacketDirectionTag"},
    {'T', 6, 6, 0, 0, "PacketType"},
    {'R', 8, 8, 0, 0, "DropReason"},
    {'L', 8, 18, 0, 0, NULL},
    {'C', 6, 6, 0, 0, "ComponentType"},
    {'P', 6, 6, 0, 0, "PropertyType"},
    {'E', 6, 6, 0, 0, "EtherType"},
    {'M', 6, 6, 0, 0, "NdisMedium"},
    {'I', 4, 4, 0, 0, "IPProtocol"},
    {'F', 4, 4, 0, 0, "TCPFlags"},
};

#define PROPERTY "Property: Component %1, %2 = %3"
#define FILTER                                                                                     \
    "Packet Filter %1, Name %2, MAC-1 %3, MAC-2 %4, EtherType %5, VlanId %6, IP-1 %7, IP-2 %8, "   \
    "Protocol %9, Port-1 %10, Port-2 %11, TCPFlags %12"
#define PARSED                                                                                     \
    "PktGroupId %11, PktCount %12, Appearance %13, Direction %14, Type %15, Component %16, "       \
    "Edge %17, Filter %18, MAC Dst %1, MAC Src %2, EtherType %3, VlanId %4, IP Dst %5, IP Src "    \
    "%6, "                                                                                         \
    "Protocol %7, Port Dst %8, Port Src %9, TCPFlags %10"
#define PLACE                                                                                      \
    "PktGroupId %1, PktNumber %2, Appearance %3, Direction %4, Type %5, Component %6, Edge %7, "   \
    "Filter %8"
#define DROP_PLACE                                                                                 \
    "Drop: PktGroupId %1, PktNumber %2, Appearance %3, Direction %4, Type %5, Component %6, "      \
    "Filter %8, DropReason %9, DropLocation %10"
#define SIZES ", OriginalSize %11, LoggedSize %12"
#define NBL                                                                                        \
    ", Checksum %11, LargeSend %12, 802.1Q %13, HashInfo %14, HashValue %15, VirtualSubnet %16, "  \
    "Coalesced %17, NameResolutionId %18, SendOffloads %19, SwitchForwarding %20, GftOffload "     \
    "%21, "                                                                                        \
    "GftFlow %22"
#define PAYLOAD                                                                                    \
    "Direction %1, Type %2, Component %3, Edge %4, Filter %5, IP Dst %8, IP Src %9, Protocol "     \
    "%10, "                                                                                        \
    "Port Dst %11, Port Src %12, OriginalSize %13, LoggedSize %14"
#define PAYLOAD_DROP                                                                               \
    "Drop: Direction %1, Type %2, Component %3, Filter %5, DropReason %6, DropLocation %7, "       \
    "IP Dst %8, IP Src %9, Protocol %10, Port Dst %11, Port Src %12, OriginalSize %13, "           \
    "LoggedSize %14"

/* Every event of the manifest, with the message of English builds. */
static const struct {
    uint16_t id;
    const char *fields;
    const char *message;
} events[] = {
    {10, "x", "Driver failed to start: Status %1"},
    {20, "hCww", "Component %1, Type %2, Name %3, %4"},
    {30, "hPd", PROPERTY},
    {40, "hPG", PROPERTY},
    {50, "hPx", PROPERTY},
    {60, "hPM", PROPERTY},
    {65, "hP4", PROPERTY},
    {66, "hP6", PROPERTY},
    {70, "hPdB", "Property: Component %1, %2 = %4"},
    {73, "hPs", PROPERTY},
    {75, "hPE", PROPERTY},
    {80, "hDqqDqq",
     "Drop Counters: Component %1, Direction In = %2, Packets In %3, Bytes In %4, "
     "Direction Out = %5, Packets Out %6, Bytes Out %7"},
    {90, "hwhDqqDqq",
     "Flow Counters: Component %1, Edge %2, Edge Id %3, Direction In = %4, Packets In %5, "
     "Bytes In %6, Direction Out = %7, Packets Out %8, Bytes Out %9"},
    {100, "hwmmEh44IhhF", FILTER},
    {110, "hwmmEh66IhhF", FILTER},
    {120, "mmEh44IhhFqhhDThhhRL", PARSED},
    {130, "mmEh66IhhFqhhDThhhRL", PARSED},
    {140, "mmEh44IhhFqhhDThhhRL", "Drop: " PARSED ", DropReason %19, DropLocation %20"},
    {150, "mmEh66IhhFqhhDThhhRL", "Drop: " PARSED ", DropReason %19, DropLocation %20"},
    {160, "qhhDThhhRLhhB", PLACE SIZES},
    {170, "qhhDThhhRLhhB", DROP_PLACE SIZES},
    {180, "qhhDThhhRLpppppppppXXX", PLACE NBL},
    {190, "qhhDThhhRLpppppppppXXX", DROP_PLACE NBL},
    {200, "DThhhRL44IhhhhB", PAYLOAD},
    {210, "DThhhRL44IhhhhB", PAYLOAD_DROP},
    {220, "DThhhRL66IhhhhB", PAYLOAD},
    {230, "DThhhRL66IhhhhB", PAYLOAD_DROP},
    {240, "qhhDThhhRLhhB", "Duplicate " DROP_PLACE SIZES},
    {250, "qhhDThhhRLhX", PLACE ", ContextType %11, Context %12"},
    {260, "qhhDThhhRLhX", DROP_PLACE ", ContextType %11, Context %12"},
    {270, "hCww", "Component registered: %1, Type %2, Name %3, %4"},
    {280, "hCww", "Component unregistered: %1, Type %2, Name %3, %4"},
};

static const struct etl_field_letter *find_letter(char wanted)
{
    const struct etl_field_letter *letter = letters;
    while (letter->letter != wanted)
        letter++;
    return letter;
}

static GArray *make_fields(const char *description)
{
    GArray *fields = g_array_new(FALSE, FALSE, sizeof(struct etl_field));
    for (uint16_t i = 0; description[i]; i++) {
        const struct etl_field_letter *letter = find_letter(description[i]);
        const struct etl_field field = {
            .flags = letter->flags,
            .in = letter->in,
            .out = letter->out,
            .length = letter->flags & ETL_FIELD_LENGTH_FIELD ? (uint16_t)(i - 1) : letter->length,
            .map = letter->map,
        };
        g_array_append_val(fields, field);
    }
    return fields;
}

struct etl_schema *etl_builtin_schema(uint16_t id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
        if (events[i].id != id)
            continue;
        struct etl_schema *schema = g_new0(struct etl_schema, 1);
        schema->provider = "Microsoft-Windows-PktMon";
        schema->message = events[i].message;
        schema->spaced = true;
        schema->fields = make_fields(events[i].fields);
        schema->top = schema->fields->len;
        return schema;
    }
    return NULL;
}
