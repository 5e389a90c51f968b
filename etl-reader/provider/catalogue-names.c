/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of numbers, and how long a name may be. */
#include "catalogue-private.h"
#include "catalogue.h"
#include "etl-reader/events/pktmon-event.h"

char *etl_catalogue_cut(struct etl_catalogue *catalogue, char *name)
{
    etl_budget_cuts(catalogue->budget)->names += strlen(name) > ETL_MAX_NAME;
    return etl_cut(name, ETL_MAX_NAME);
}

const char *etl_catalogue_name(const struct etl_catalogue *catalogue, const char *map,
                               uint32_t value)
{
    return etl_schemas_value(catalogue->schemas, etl_pktmon_guid, map, value);
}

const char *etl_catalogue_reason(const struct etl_catalogue *catalogue, uint32_t reason)
{
    return etl_catalogue_name(catalogue, "DropReason", reason);
}

const char *etl_catalogue_location(const struct etl_catalogue *catalogue, uint32_t location)
{
    return etl_catalogue_name(catalogue, "DropLocation", location);
}

const char *etl_catalogue_component_type(const struct etl_catalogue *catalogue, uint32_t type)
{
    return etl_catalogue_name(catalogue, "ComponentType", type);
}
