/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "icmp-types.h"

#include <glib.h>

#define ANY (-1)

/* Codes stand before the type as a whole. RFC 792, 950, 1191; 4443, 4861, 2710, 3810. */
static const struct journey_icmp_type types[] = {
    {4, 0, ANY, JOURNEY_ICMP_QUERY, "echo reply"},
    {4, 3, 0, JOURNEY_ICMP_ERROR, "network unreachable"},
    {4, 3, 1, JOURNEY_ICMP_ERROR, "host unreachable"},
    {4, 3, 2, JOURNEY_ICMP_ERROR, "protocol unreachable"},
    {4, 3, 3, JOURNEY_ICMP_ERROR, "port unreachable"},
    {4, 3, 4, JOURNEY_ICMP_ERROR, "fragmentation needed"},
    {4, 3, 9, JOURNEY_ICMP_ERROR, "network prohibited"},
    {4, 3, 10, JOURNEY_ICMP_ERROR, "host prohibited"},
    {4, 3, 13, JOURNEY_ICMP_ERROR, "administratively prohibited"},
    {4, 3, ANY, JOURNEY_ICMP_ERROR, "destination unreachable"},
    {4, 4, ANY, JOURNEY_ICMP_ERROR, "source quench"},
    {4, 5, ANY, JOURNEY_ICMP_ERROR, "redirect"},
    {4, 8, ANY, JOURNEY_ICMP_QUERY, "echo request"},
    {4, 9, ANY, JOURNEY_ICMP_OTHER, "router advertisement"},
    {4, 10, ANY, JOURNEY_ICMP_OTHER, "router solicitation"},
    {4, 11, 1, JOURNEY_ICMP_ERROR, "reassembly time exceeded"},
    {4, 11, ANY, JOURNEY_ICMP_ERROR, "time exceeded"},
    {4, 12, ANY, JOURNEY_ICMP_ERROR, "parameter problem"},
    {4, 13, ANY, JOURNEY_ICMP_QUERY, "timestamp request"},
    {4, 14, ANY, JOURNEY_ICMP_QUERY, "timestamp reply"},
    {4, 15, ANY, JOURNEY_ICMP_QUERY, "information request"},
    {4, 16, ANY, JOURNEY_ICMP_QUERY, "information reply"},
    {4, 17, ANY, JOURNEY_ICMP_QUERY, "address mask request"},
    {4, 18, ANY, JOURNEY_ICMP_QUERY, "address mask reply"},
    {6, 1, 0, JOURNEY_ICMP_ERROR, "no route"},
    {6, 1, 1, JOURNEY_ICMP_ERROR, "administratively prohibited"},
    {6, 1, 3, JOURNEY_ICMP_ERROR, "address unreachable"},
    {6, 1, 4, JOURNEY_ICMP_ERROR, "port unreachable"},
    {6, 1, ANY, JOURNEY_ICMP_ERROR, "destination unreachable"},
    {6, 2, ANY, JOURNEY_ICMP_ERROR, "packet too big"},
    {6, 3, 1, JOURNEY_ICMP_ERROR, "reassembly time exceeded"},
    {6, 3, ANY, JOURNEY_ICMP_ERROR, "time exceeded"},
    {6, 4, ANY, JOURNEY_ICMP_ERROR, "parameter problem"},
    {6, 128, ANY, JOURNEY_ICMP_QUERY, "echo request"},
    {6, 129, ANY, JOURNEY_ICMP_QUERY, "echo reply"},
    {6, 130, ANY, JOURNEY_ICMP_OTHER, "multicast listener query"},
    {6, 131, ANY, JOURNEY_ICMP_OTHER, "multicast listener report"},
    {6, 132, ANY, JOURNEY_ICMP_OTHER, "multicast listener done"},
    {6, 133, ANY, JOURNEY_ICMP_OTHER, "router solicitation"},
    {6, 134, ANY, JOURNEY_ICMP_OTHER, "router advertisement"},
    {6, 135, ANY, JOURNEY_ICMP_OTHER, "neighbor solicitation"},
    {6, 136, ANY, JOURNEY_ICMP_OTHER, "neighbor advertisement"},
    {6, 137, ANY, JOURNEY_ICMP_OTHER, "redirect"},
    {6, 143, ANY, JOURNEY_ICMP_OTHER, "multicast listener report"},
};

const struct journey_icmp_type *journey_icmp_type(uint8_t version, uint8_t type, int code)
{
    static const struct journey_icmp_type other = {.code = ANY, .kind = JOURNEY_ICMP_OTHER};

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        const struct journey_icmp_type *row = &types[i];

        if (row->version == version && row->type == type && (row->code == ANY || row->code == code))
            return row;
    }
    return &other;
}
