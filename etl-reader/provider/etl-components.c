/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Components and their properties (events 20 to 75, 270 and 280), and how they are bound. */
#include "catalogue.h"
#include "catalogue-private.h"

#include "etl-reader/events/pktmon-event.h"
#include "model/salted-hash.h"

/* Windows has some twenty. The limit bounds the linear search. */
#define MAX_PROPERTIES 128

/* PropType */
enum etl_property_type {
    PROPERTY_IFINDEX = 1,
    PROPERTY_MINIPORT_IFINDEX = 2,
    PROPERTY_LOWER_IFINDEX = 3,
    PROPERTY_MEDIUM = 5,
    PROPERTY_MAC = 6,
    PROPERTY_ETHERTYPE = 7,
    PROPERTY_SWITCH_IFINDEX = 11,
    PROPERTY_LOWEST_IFINDEX = 12,
    PROPERTY_IP_IFINDEX = 14,
};

struct etl_binding *etl_binding_of(struct etl_catalogue *catalogue, uint32_t id)
{
    struct etl_binding *binding = g_hash_table_lookup(catalogue->bindings, GUINT_TO_POINTER(id));
    if (!binding) {
        binding = g_new0(struct etl_binding, 1);
        binding->id = id;
        g_hash_table_insert(catalogue->bindings, GUINT_TO_POINTER(id), binding);
    }
    return binding;
}

/* Windows writes "NULL" for an empty text. */
static const char *text_or_null(const char *text)
{
    return *text && !g_str_equal(text, "NULL") ? text : NULL;
}

static uint32_t describe_component(struct etl_catalogue *catalogue, const struct etl_record *record)
{
    struct etl_cursor cursor = etl_cursor_over(record->payload, record->payload_size);
    uint16_t id = etl_take_u16(&cursor);
    uint16_t type = etl_take_u16(&cursor);
    if (cursor.failed || id == 0)
        return 0;
    g_autofree char *name = etl_catalogue_cut(catalogue, g_strstrip(etl_take_utf16(&cursor)));
    g_autofree char *description =
        etl_catalogue_cut(catalogue, g_strstrip(etl_take_utf16(&cursor)));
    struct pktmon_component *component = pktmon_registry_get(catalogue->registry, id);
    const char *type_name = etl_catalogue_component_type(catalogue, type);
    g_autofree char *type_number = g_strdup_printf("%u", type);
    const char *known = text_or_null(name) ? text_or_null(name) : text_or_null(description);
    pktmon_component_set(&component->name, known);
    pktmon_component_set(&component->description, text_or_null(description));
    pktmon_component_set(&component->type, type_name ? type_name : type_number);
    etl_binding_of(catalogue, id)->type = type;
    return id;
}

uint32_t etl_catalogue_register(struct etl_catalogue *catalogue, const struct etl_record *record)
{
    uint32_t id = describe_component(catalogue, record);
    struct pktmon_component *component = id ? pktmon_registry_find(catalogue->registry, id) : NULL;
    if (component)
        component->gone = record->id == ETL_PKTMON_UNREGISTERED;
    return id;
}

static char *take_uint_text(struct etl_catalogue *catalogue, struct etl_cursor *cursor,
                            uint16_t type, uint32_t *number)
{
    *number = etl_take_u32(cursor);
    const char *medium =
        type == PROPERTY_MEDIUM ? etl_catalogue_name(catalogue, "NdisMedium", *number) : NULL;
    return medium ? g_strdup(medium) : g_strdup_printf("%u", *number);
}

static char *take_hex_text(struct etl_catalogue *catalogue, struct etl_cursor *cursor,
                           uint16_t type, uint32_t *number)
{
    (void)catalogue, (void)type;
    *number = etl_take_u32(cursor);
    return g_strdup_printf("0x%x", *number);
}

static char *take_guid_text(struct etl_catalogue *catalogue, struct etl_cursor *cursor,
                            uint16_t type, uint32_t *number)
{
    (void)catalogue, (void)type, (void)number;
    const uint8_t *guid = etl_take(cursor, ETL_GUID_SIZE);
    g_autofree char *text = guid ? etl_guid_text(guid) : g_strdup("");
    return g_strdup_printf("{%s}", text);
}

static char *take_medium_text(struct etl_catalogue *catalogue, struct etl_cursor *cursor,
                              uint16_t type, uint32_t *number)
{
    (void)type;
    *number = etl_take_u16(cursor);
    const char *name = etl_catalogue_name(catalogue, "NdisMedium", *number);
    return name ? g_strdup(name) : g_strdup_printf("%u", *number);
}

static char *take_address_text(struct etl_cursor *cursor, size_t size)
{
    const uint8_t *address = etl_take(cursor, size);
    return address ? etl_address_text(address, size) : g_strdup("");
}

static char *take_ipv4_text(struct etl_catalogue *catalogue, struct etl_cursor *cursor,
                            uint16_t type, uint32_t *number)
{
    (void)catalogue, (void)type, (void)number;
    return take_address_text(cursor, 4);
}

static char *take_ipv6_text(struct etl_catalogue *catalogue, struct etl_cursor *cursor,
                            uint16_t type, uint32_t *number)
{
    (void)catalogue, (void)type, (void)number;
    return take_address_text(cursor, 16);
}

static char *take_binary_text(struct etl_catalogue *catalogue, struct etl_cursor *cursor,
                              uint16_t type, uint32_t *number)
{
    (void)number;
    uint32_t size = etl_take_u32(cursor);
    const uint8_t *bytes = etl_take(cursor, size);
    if (!bytes)
        return g_strdup("");
    etl_budget_cuts(catalogue->budget)->names += size > ETL_MAX_NAME / 2;
    return type == PROPERTY_MAC && size == ETL_MAC_SIZE
               ? etl_mac_text(bytes)
               : etl_hex_text(bytes, MIN(size, ETL_MAX_NAME / 2));
}

/* Its type says that it ends with a NUL, but in real logs it ends with the event. */
static char *take_string_text(struct etl_catalogue *catalogue, struct etl_cursor *cursor,
                              uint16_t type, uint32_t *number)
{
    (void)type, (void)number;
    return etl_catalogue_cut(catalogue, etl_take_utf16(cursor));
}

static char *take_ethertype_text(struct etl_catalogue *catalogue, struct etl_cursor *cursor,
                                 uint16_t type, uint32_t *number)
{
    (void)type;
    *number = etl_take_u16(cursor);
    const char *name = etl_catalogue_name(catalogue, "EtherType", *number);
    return name ? g_strdup(name) : g_strdup_printf("0x%04X", *number);
}

static const struct {
    uint16_t id;
    char *(*text)(struct etl_catalogue *catalogue, struct etl_cursor *cursor, uint16_t type,
                  uint32_t *number);
} property_events[] = {
    {ETL_PKTMON_PROPERTY_UINT, take_uint_text},
    {ETL_PKTMON_PROPERTY_GUID, take_guid_text},
    {ETL_PKTMON_PROPERTY_HEX, take_hex_text},
    {ETL_PKTMON_PROPERTY_MEDIUM, take_medium_text},
    {ETL_PKTMON_PROPERTY_IPV4, take_ipv4_text},
    {ETL_PKTMON_PROPERTY_IPV6, take_ipv6_text},
    {ETL_PKTMON_PROPERTY_BINARY, take_binary_text},
    {ETL_PKTMON_PROPERTY_STRING, take_string_text},
    {ETL_PKTMON_PROPERTY_ETHERTYPE, take_ethertype_text},
};

static void bind_component(struct etl_binding *binding, uint16_t type, uint32_t number)
{
    uint32_t *const fields[] = {
        [PROPERTY_IFINDEX] = &binding->ifindex,
        [PROPERTY_MINIPORT_IFINDEX] = &binding->miniport_ifindex,
        [PROPERTY_LOWER_IFINDEX] = &binding->lower_ifindex,
        [PROPERTY_SWITCH_IFINDEX] = &binding->switch_ifindex,
        [PROPERTY_LOWEST_IFINDEX] = &binding->lowest_ifindex,
        [PROPERTY_IP_IFINDEX] = &binding->ip_ifindex,
    };
    if (type < G_N_ELEMENTS(fields) && fields[type])
        *fields[type] = number;
}

/* Whether a list such as "IPv4, ARP" contains the word. */
static bool has_word(const char *list, const char *word)
{
    static const char separator[] = ", ";
    size_t length = strlen(word);
    for (const char *at = list; at; at = strstr(at, separator)) {
        at += at > list ? strlen(separator) : 0;
        if (strncmp(at, word, length) == 0 &&
            (at[length] == '\0' || g_str_has_prefix(at + length, separator)))
            return true;
    }
    return false;
}

/* Some properties occur several times with different values: Ethertypes, addresses. In a log with
 * two rundowns, all occur twice. False: no memory left. */
static bool add_property(struct pktmon_component *component, const char *name, const char *value,
                         bool several)
{
    const char *before = pktmon_component_property(component, name);
    if (!before && component->properties->len >= MAX_PROPERTIES)
        return false;
    if (!several)
        before = NULL;
    if (before && has_word(before, value))
        return true;
    if (before && strlen(before) > ETL_MAX_NAME)
        return false;
    g_autofree char *all = before ? g_strdup_printf("%s, %s", before, value) : g_strdup(value);
    pktmon_component_set_property(component, name, all);
    return true;
}

static void set_mac(struct pktmon_component *component, const struct etl_record *record)
{
    if (record->payload_size < 8 + ETL_MAC_SIZE)
        return;
    component->has_mac = true;
    memcpy(component->mac, record->payload + 8, ETL_MAC_SIZE);
}

static bool is_several(uint16_t event)
{
    return event == ETL_PKTMON_PROPERTY_ETHERTYPE || event == ETL_PKTMON_PROPERTY_IPV4 ||
           event == ETL_PKTMON_PROPERTY_IPV6;
}

static void learn_property(struct etl_catalogue *catalogue, const struct etl_record *record,
                           size_t row)
{
    struct etl_cursor cursor = etl_cursor_over(record->payload, record->payload_size);
    uint16_t id = etl_take_u16(&cursor);
    uint16_t type = etl_take_u16(&cursor);
    uint32_t number = 0;
    g_autofree char *value = property_events[row].text(catalogue, &cursor, type, &number);
    if (cursor.failed || id == 0) {
        catalogue->refused++;
        return;
    }
    const char *known = etl_catalogue_name(catalogue, "PropertyType", type);
    g_autofree char *name = known ? g_strdup(known) : g_strdup_printf("Property %u", type);
    struct pktmon_component *component = pktmon_registry_get(catalogue->registry, id);
    if (!add_property(component, name, value, is_several(record->id)))
        etl_budget_cuts(catalogue->budget)->descriptions++;
    bind_component(etl_binding_of(catalogue, id), type, number);
    if (type == PROPERTY_MAC && record->id == ETL_PKTMON_PROPERTY_BINARY)
        set_mac(component, record);
}

/* Index of the property event with this id; the number of rows: none. */
static size_t find_property_row(uint16_t id)
{
    size_t row = 0;
    while (row < G_N_ELEMENTS(property_events) && property_events[row].id != id)
        row++;
    return row;
}

bool etl_is_component_event(uint16_t id)
{
    return id == ETL_PKTMON_COMPONENT || find_property_row(id) < G_N_ELEMENTS(property_events);
}

void etl_components_learn(struct etl_catalogue *catalogue, const struct etl_record *record)
{
    if (record->id == ETL_PKTMON_COMPONENT)
        catalogue->refused += describe_component(catalogue, record) == 0;
    else
        learn_property(catalogue, record, find_property_row(record->id));
}

static bool is_adapter(uint16_t type)
{
    return type == ETL_COMPONENT_MINIPORT || type == ETL_COMPONENT_VMS_VM_NIC ||
           type == ETL_COMPONENT_VMS_MINIPORT || type == ETL_COMPONENT_VMS_EXT_MINIPORT ||
           type == ETL_COMPONENT_NETVSC || type == ETL_COMPONENT_NETCX;
}

static uint32_t find_adapter_with(struct etl_catalogue *catalogue, uint32_t ifindex)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(catalogue->adapters, GUINT_TO_POINTER(ifindex)));
}

static void set_alias(struct pktmon_component *component, const struct etl_interface *interface)
{
    if (*interface->alias)
        pktmon_component_set_property(component, "Alias", interface->alias);
}

/* Adds what the machine reports of the interface, under the name that users know. */
static void add_interface(struct pktmon_component *component, const struct etl_interface *interface)
{
    g_autofree char *mtu = g_strdup_printf("%u", interface->mtu);
    g_autofree char *type = g_strdup_printf("%u", interface->type);
    set_alias(component, interface);
    pktmon_component_set_property(component, "MTU", mtu);
    pktmon_component_set_property(component, "IfType", type);
    component->speed = interface->speed;
    if (!component->has_mac && interface->has_mac) {
        component->has_mac = true;
        memcpy(component->mac, interface->mac, ETL_MAC_SIZE);
    }
}

static uint32_t find_adapter(struct etl_catalogue *catalogue, const struct etl_binding *binding)
{
    uint32_t ifindex = is_adapter(binding->type) ? binding->ifindex : binding->miniport_ifindex;
    if (ifindex == 0)
        ifindex = binding->ip_ifindex;
    return ifindex ? find_adapter_with(catalogue, ifindex) : 0;
}

static void finish_component(struct etl_catalogue *catalogue, struct etl_binding *binding)
{
    binding->adapter = find_adapter(catalogue, binding);
    struct pktmon_component *component = pktmon_registry_find(catalogue->registry, binding->id);
    if (!component)
        return;
    bool adapter = is_adapter(binding->type);
    const struct etl_interface *own =
        adapter ? etl_catalogue_interface(catalogue, binding->ifindex) : NULL;
    const struct etl_interface *bound = etl_catalogue_interface(
        catalogue, binding->miniport_ifindex ? binding->miniport_ifindex : binding->ip_ifindex);
    if (own)
        add_interface(component, own);
    else if (bound)
        set_alias(component, bound);
    component->parent = binding->adapter != binding->id ? binding->adapter : 0;
}

/* A stack is a set of components that share an interface index in any role (union-find: the root
 * represents the set). */
static uint32_t find_root(GHashTable *sets, uint32_t index)
{
    gpointer parent;
    uint32_t root = index;
    while ((parent = g_hash_table_lookup(sets, GUINT_TO_POINTER(root))))
        root = GPOINTER_TO_UINT(parent);
    /* Shorten the path for the next search. */
    while (index != root) {
        parent = g_hash_table_lookup(sets, GUINT_TO_POINTER(index));
        g_hash_table_insert(sets, GUINT_TO_POINTER(index), GUINT_TO_POINTER(root));
        index = GPOINTER_TO_UINT(parent);
    }
    return root;
}

static uint32_t first_index(const struct etl_binding *binding)
{
    const uint32_t indexes[] = {binding->ifindex,        binding->miniport_ifindex,
                                binding->lower_ifindex,  binding->lowest_ifindex,
                                binding->switch_ifindex, binding->ip_ifindex};
    for (size_t i = 0; i < G_N_ELEMENTS(indexes); i++) {
        if (indexes[i] != 0)
            return indexes[i];
    }
    return 0;
}

static void join_sets(GHashTable *sets, uint32_t left, uint32_t right)
{
    if (left == 0 || right == 0)
        return;
    uint32_t a = find_root(sets, left), b = find_root(sets, right);
    if (a != b)
        g_hash_table_insert(sets, GUINT_TO_POINTER(MAX(a, b)), GUINT_TO_POINTER(MIN(a, b)));
}

static void find_stacks(struct etl_catalogue *catalogue)
{
    g_autoptr(GHashTable) sets = g_hash_table_new(salted_number, NULL);
    GHashTableIter iterator;
    gpointer value;
    g_hash_table_iter_init(&iterator, catalogue->bindings);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct etl_binding *binding = value;
        uint32_t first = first_index(binding);
        join_sets(sets, first, binding->miniport_ifindex);
        join_sets(sets, first, binding->lower_ifindex);
        join_sets(sets, first, binding->lowest_ifindex);
        join_sets(sets, first, binding->switch_ifindex);
        join_sets(sets, first, binding->ip_ifindex);
    }
    g_hash_table_iter_init(&iterator, catalogue->bindings);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct etl_binding *binding = value;
        binding->stack = find_root(sets, first_index(binding));
    }
}

static bool is_before(const struct etl_binding *left, const struct etl_binding *right)
{
    return left->type != right->type ? left->type < right->type : left->id < right->id;
}

/* A virtual adapter is registered twice. The miniport, with the smallest type number, represents
 * both.
 */
static void find_adapters(struct etl_catalogue *catalogue)
{
    GHashTableIter iterator;
    gpointer value;
    g_hash_table_iter_init(&iterator, catalogue->bindings);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct etl_binding *binding = value;
        gpointer ifindex = GUINT_TO_POINTER(binding->ifindex);
        gpointer other = g_hash_table_lookup(catalogue->adapters, ifindex);
        if (!is_adapter(binding->type) || binding->ifindex == 0)
            continue;
        if (!other || is_before(binding, g_hash_table_lookup(catalogue->bindings, other)))
            g_hash_table_insert(catalogue->adapters, ifindex, GUINT_TO_POINTER(binding->id));
    }
}

void etl_components_finish(struct etl_catalogue *catalogue)
{
    GHashTableIter iterator;
    gpointer value;
    find_stacks(catalogue);
    find_adapters(catalogue);
    g_hash_table_iter_init(&iterator, catalogue->bindings);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        finish_component(catalogue, value);
}
