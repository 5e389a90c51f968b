/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "catalogue.h"

#include "catalogue-private.h"
#include "etl-reader/events/event-text.h"
#include "etl-reader/events/logger-text.h"
#include "etl-reader/events/pktmon-event.h"
#include "model/salted-hash.h"

/* Limits of descriptions, far above those of any machine, because a few compressed bytes can expand
 * to very many. Descriptions beyond them are counted and ignored. */
#define MAX_COUNTED  4096 /* kinds of events counted separately */
#define MAX_COUNTERS 262144
#define MAX_FILTERS  1024
#define MAX_DEFERRED 262144 /* records */
/* Memory of a deferred record, and of a counter, besides their bytes: in the registry and in its
 * output (JSON). Each character of a name has two bytes in the log, and up to three in memory. */
#define DEFERRED_SIZE  1024
#define DEFERRED_TIMES 3
#define COUNTER_SIZE   512

/* No padding, because its bytes are hashed. */
struct etl_count_key {
    uint8_t guid[ETL_GUID_SIZE];
    uint16_t kind; /* enum etl_record_kind */
    uint16_t id;
};

static guint hash_count(gconstpointer key)
{
    return salted_bytes(key, sizeof(struct etl_count_key));
}

static gboolean equal_counts(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(struct etl_count_key)) == 0;
}

static void free_count(gpointer data)
{
    struct etl_event_count *count = data;
    g_free(count->provider);
    g_free(count);
}

static void free_filter(gpointer data)
{
    struct etl_filter *filter = data;
    g_free(filter->name);
    g_free(filter->text);
    g_free(filter);
}

struct etl_catalogue *etl_catalogue_new(struct pktmon_registry *registry, uint32_t build,
                                        struct etl_budget *budget)
{
    struct etl_catalogue *catalogue = g_new0(struct etl_catalogue, 1);
    catalogue->registry = registry;
    catalogue->budget = budget;
    catalogue->schemas = etl_schemas_new(build, budget);
    catalogue->bindings = g_hash_table_new_full(salted_number, NULL, NULL, g_free);
    catalogue->interfaces = g_hash_table_new_full(salted_number, NULL, NULL, etl_interface_free);
    catalogue->filters = g_ptr_array_new_with_free_func(free_filter);
    catalogue->adapters = g_hash_table_new(salted_number, NULL);
    catalogue->deferred = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    catalogue->counters = g_hash_table_new_full(salted_int64, g_int64_equal, g_free, g_free);
    catalogue->counter_list = g_array_new(FALSE, FALSE, sizeof(struct etl_counter));
    catalogue->former_names = g_array_new(FALSE, FALSE, sizeof(struct etl_former_name));
    catalogue->edge_names = g_hash_table_new(salted_number, NULL);
    catalogue->counts = g_hash_table_new_full(hash_count, equal_counts, g_free, free_count);
    return catalogue;
}

void etl_catalogue_free(struct etl_catalogue *catalogue)
{
    if (!catalogue)
        return;
    etl_schemas_free(catalogue->schemas);
    g_hash_table_destroy(catalogue->bindings);
    g_hash_table_destroy(catalogue->interfaces);
    g_ptr_array_free(catalogue->filters, TRUE);
    g_hash_table_destroy(catalogue->adapters);
    g_ptr_array_free(catalogue->deferred, TRUE);
    g_hash_table_destroy(catalogue->counters);
    g_array_free(catalogue->counter_list, TRUE);
    g_array_free(catalogue->former_names, TRUE);
    g_hash_table_destroy(catalogue->edge_names);
    g_hash_table_destroy(catalogue->counts);
    g_free(catalogue);
}

static void count_event(struct etl_catalogue *catalogue, const struct etl_record *record)
{
    struct etl_count_key key = {.kind = (uint16_t)record->kind, .id = record->id};
    if (record->guid)
        memcpy(key.guid, record->guid, ETL_GUID_SIZE);
    struct etl_event_count *count = g_hash_table_lookup(catalogue->counts, &key);
    if (!count) {
        if (g_hash_table_size(catalogue->counts) >= MAX_COUNTED) {
            catalogue->uncounted++;
            return;
        }
        count = g_new0(struct etl_event_count, 1);
        count->kind = record->kind;
        count->id = record->id;
        memcpy(count->guid, key.guid, ETL_GUID_SIZE);
        count->version = record->version;
        /* If the event does not contain the name, a later record may. */
        count->provider = record->traits ? etl_event_provider(catalogue->schemas, record) : NULL;
        g_hash_table_insert(catalogue->counts, g_memdup2(&key, sizeof(key)), count);
    }
    count->count++;
}

bool etl_counter_read(const struct etl_record *record, struct etl_counter *counter,
                      char **edge_name)
{
    struct etl_cursor cursor = etl_cursor_over(record->payload, record->payload_size);
    *edge_name = NULL;
    *counter = (struct etl_counter){
        .time = record->time,
        .component = etl_take_u16(&cursor),
        .drops = record->id == ETL_PKTMON_DROP_COUNTERS,
    };
    if (!counter->drops) {
        *edge_name = etl_cut(g_strstrip(etl_take_utf16(&cursor)), ETL_MAX_NAME);
        counter->edge = etl_take_u16(&cursor);
    }
    counter->direction_in = etl_take_u16(&cursor);
    counter->packets_in = etl_take_u64(&cursor);
    counter->bytes_in = etl_take_u64(&cursor);
    counter->direction_out = etl_take_u16(&cursor);
    counter->packets_out = etl_take_u64(&cursor);
    counter->bytes_out = etl_take_u64(&cursor);
    if (!cursor.failed && counter->component != 0)
        return true;
    g_clear_pointer(edge_name, g_free);
    return false;
}

static gpointer make_edge_key(uint32_t component, uint16_t edge)
{
    return GUINT_TO_POINTER(component << 16 | edge);
}

static bool has_room_for_counter(struct etl_catalogue *catalogue, const char *edge_name)
{
    bool room =
        g_hash_table_size(catalogue->counters) < MAX_COUNTERS &&
        etl_budget_keep(catalogue->budget, COUNTER_SIZE + (edge_name ? strlen(edge_name) : 0));
    etl_budget_cuts(catalogue->budget)->descriptions += !room;
    return room;
}

static void learn_counter(struct etl_catalogue *catalogue, const struct etl_record *record)
{
    struct etl_counter counter;
    char *edge_name;
    if (!etl_counter_read(record, &counter, &edge_name)) {
        catalogue->refused++;
        return;
    }
    uint64_t place =
        (uint64_t)counter.component << 32 | (uint64_t)counter.drops << 16 | counter.edge;
    const struct etl_counter *before = g_hash_table_lookup(catalogue->counters, &place);
    if (!before && !has_room_for_counter(catalogue, edge_name)) {
        g_free(edge_name);
        return;
    }
    pktmon_registry_get(catalogue->registry, counter.component);
    etl_binding_of(catalogue, counter.component);
    if (edge_name && *edge_name)
        g_hash_table_replace(
            catalogue->edge_names, make_edge_key(counter.component, counter.edge),
            (gpointer)etl_budget_share(catalogue->budget, g_steal_pointer(&edge_name)));
    g_free(edge_name);
    if (!before || before->time <= counter.time)
        g_hash_table_replace(catalogue->counters, g_memdup2(&place, sizeof(place)),
                             g_memdup2(&counter, sizeof(counter)));
}

static void add_word(GString *text, const char *label, const char *value)
{
    g_string_append_printf(text, "%s%s %s", text->len ? ", " : "", label, value);
}

static void add_mac(GString *text, const uint8_t *mac)
{
    static const uint8_t none[ETL_MAC_SIZE];
    g_autofree char *value = mac ? etl_mac_text(mac) : NULL;
    if (mac && memcmp(mac, none, ETL_MAC_SIZE) != 0)
        add_word(text, "MAC", value);
}

static void add_address(GString *text, const uint8_t *address, size_t size)
{
    static const uint8_t none[16];
    g_autofree char *value = address ? etl_address_text(address, size) : NULL;
    if (address && memcmp(address, none, size) != 0)
        add_word(text, "IP", value);
}

static void add_number(GString *text, const char *label, unsigned value, const char *name)
{
    g_autofree char *number = g_strdup_printf("%u", value);
    if (value != 0)
        add_word(text, label, name ? name : number);
}

static void add_tcp_flags(GString *text, uint8_t flags)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    g_autoptr(GString) words = g_string_new(NULL);
    for (size_t bit = 0; bit < G_N_ELEMENTS(names); bit++) {
        if (flags >> bit & 1)
            g_string_append_printf(words, "%s%s", words->len ? " " : "", names[bit]);
    }
    if (words->len)
        add_word(text, "TCP", words->str);
}

/* Events 100 and 110; fields that are 0 are no part of the filter. */
static void learn_filter(struct etl_catalogue *catalogue, const struct etl_record *record)
{
    size_t address_size = record->id == ETL_PKTMON_FILTER_IPV6 ? 16 : 4;
    struct etl_cursor cursor = etl_cursor_over(record->payload, record->payload_size);
    g_autoptr(GString) text = g_string_new(NULL);
    uint16_t id = etl_take_u16(&cursor);
    g_autofree char *name = etl_catalogue_cut(catalogue, g_strstrip(etl_take_utf16(&cursor)));
    add_mac(text, etl_take(&cursor, ETL_MAC_SIZE));
    add_mac(text, etl_take(&cursor, ETL_MAC_SIZE));
    uint16_t ethertype = etl_take_u16(&cursor);
    const char *ethertype_name = etl_catalogue_name(catalogue, "EtherType", ethertype);
    add_number(text, "EtherType", ethertype, ethertype_name);
    add_number(text, "VLAN", etl_take_u16(&cursor), NULL);
    add_address(text, etl_take(&cursor, address_size), address_size);
    add_address(text, etl_take(&cursor, address_size), address_size);
    uint8_t protocol = etl_take_u8(&cursor);
    const char *protocol_name = etl_catalogue_name(catalogue, "IPProtocol", protocol);
    add_number(text, "protocol", protocol, protocol_name);
    add_number(text, "port", etl_take_u16(&cursor), NULL);
    add_number(text, "port", etl_take_u16(&cursor), NULL);
    add_tcp_flags(text, etl_take_u8(&cursor));
    if (cursor.failed) {
        catalogue->refused++;
        return;
    }
    for (guint i = 0; i < catalogue->filters->len; i++) {
        const struct etl_filter *filter = g_ptr_array_index(catalogue->filters, i);
        if (filter->id == id && g_str_equal(filter->name, name) &&
            g_str_equal(filter->text, text->str))
            return; /* a second rundown */
    }
    if (catalogue->filters->len >= MAX_FILTERS) {
        etl_budget_cuts(catalogue->budget)->descriptions++;
        return;
    }
    struct etl_filter *filter = g_new0(struct etl_filter, 1);
    filter->id = id;
    filter->name = g_steal_pointer(&name);
    filter->text = g_strdup(text->len ? text->str : "all packets");
    g_ptr_array_add(catalogue->filters, filter);
}

static bool is_filter(uint16_t id)
{
    return id == ETL_PKTMON_FILTER_IPV4 || id == ETL_PKTMON_FILTER_IPV6;
}

/* Descriptions of components and filters, with names of numbers from the log. */
static void learn_description(struct etl_catalogue *catalogue, const struct etl_record *record)
{
    if (is_filter(record->id))
        learn_filter(catalogue, record);
    else
        etl_components_learn(catalogue, record);
}

/* Maps often follow the records that need them, so these are deferred to the end. */
static void defer(struct etl_catalogue *catalogue, const struct etl_record *record)
{
    GByteArray *copy = g_byte_array_new();
    g_byte_array_append(copy, (const uint8_t *)&record->id, sizeof(record->id));
    if (record->payload_size > 0)
        g_byte_array_append(copy, record->payload, (guint)record->payload_size);
    g_ptr_array_add(catalogue->deferred, g_byte_array_free_to_bytes(copy));
}

static void learn_deferred(struct etl_catalogue *catalogue)
{
    for (guint i = 0; i < catalogue->deferred->len; i++) {
        gsize size;
        const uint8_t *copy = g_bytes_get_data(g_ptr_array_index(catalogue->deferred, i), &size);
        struct etl_record record = {.payload = copy + sizeof(record.id),
                                    .payload_size = size - sizeof(record.id)};
        memcpy(&record.id, copy, sizeof(record.id));
        learn_description(catalogue, &record);
    }
    g_ptr_array_set_size(catalogue->deferred, 0);
}

/* Packets, the most frequent events, have greater ids. */
#define LAST_DESCRIPTION ETL_PKTMON_FILTER_IPV6

static bool is_description(uint16_t id)
{
    if (id > LAST_DESCRIPTION)
        return false;
    return is_filter(id) || etl_is_component_event(id);
}

static void learn_description_later(struct etl_catalogue *catalogue,
                                    const struct etl_record *record)
{
    if (catalogue->deferred->len < MAX_DEFERRED &&
        etl_budget_keep(catalogue->budget, DEFERRED_SIZE + DEFERRED_TIMES * record->payload_size))
        defer(catalogue, record);
    else
        etl_budget_cuts(catalogue->budget)->descriptions++;
}

/* Its final name comes from its description. */
static void learn_registration(struct etl_catalogue *catalogue, const struct etl_record *record)
{
    struct etl_former_name former = {.component = etl_catalogue_register(catalogue, record)};
    struct pktmon_component *component =
        former.component ? pktmon_registry_get(catalogue->registry, former.component) : NULL;
    if (!component || !etl_budget_keep(catalogue->budget, sizeof(former)))
        return;
    component->gone = false; /* it appears later than the start of the log */
    former.name = etl_budget_share(catalogue->budget, g_strdup(component->name));
    g_array_append_val(catalogue->former_names, former);
}

static void learn_pktmon(struct etl_catalogue *catalogue, const struct etl_record *record)
{
    if (record->id < ETL_PKTMON_IDS)
        catalogue->pktmon_counts[record->id]++;
    if (record->id == ETL_PKTMON_DROP_COUNTERS || record->id == ETL_PKTMON_FLOW_COUNTERS)
        learn_counter(catalogue, record);
    else if (record->id == ETL_PKTMON_REGISTERED || record->id == ETL_PKTMON_UNREGISTERED)
        learn_registration(catalogue, record);
    else if (is_description(record->id))
        learn_description_later(catalogue, record);
}

static bool is_pktmon(const struct etl_record *record)
{
    return etl_record_is(record, ETL_RECORD_EVENT, etl_pktmon_guid);
}

/* Events about the machine, added when logs are merged, and records that nothing describes. */
static bool is_background(const struct etl_record *record)
{
    /* {ed54dff8-c409-4cf6-bf83-05e1e61a09c4}, WinSAT: the machine's benchmark results */
    static const uint8_t winsat_guid[ETL_GUID_SIZE] = {0xf8, 0xdf, 0x54, 0xed, 0x09, 0xc4,
                                                       0xf6, 0x4c, 0xbf, 0x83, 0x05, 0xe1,
                                                       0xe6, 0x1a, 0x09, 0xc4};
    return record->kind == ETL_RECORD_KERNEL || record->kind == ETL_RECORD_OTHER ||
           etl_is_schema(record) || etl_is_system_config(record) ||
           etl_record_is(record, ETL_RECORD_CLASSIC, winsat_guid);
}

enum etl_use etl_use_of(const struct etl_record *record)
{
    if (is_pktmon(record))
        return is_description(record->id) ? ETL_USE_DESCRIPTION : ETL_USE_EVENT;
    if (etl_is_logger_record(record))
        return ETL_USE_DESCRIPTION;
    return is_background(record) ? ETL_USE_NONE : ETL_USE_EVENT;
}

void etl_catalogue_learn(struct etl_catalogue *catalogue, const struct etl_record *record)
{
    if (is_pktmon(record)) {
        learn_pktmon(catalogue, record);
    } else {
        count_event(catalogue, record);
        if (!etl_schemas_learn(catalogue->schemas, record))
            etl_interfaces_learn(catalogue, record);
    }
}

void etl_catalogue_learn_names(struct etl_catalogue *catalogue, const struct etl_record *record)
{
    if (is_pktmon(record) && is_description(record->id))
        learn_description_later(catalogue, record);
    else if (!etl_schemas_learn(catalogue->schemas, record))
        etl_interfaces_learn(catalogue, record);
}

static int compare_counters(const void *a, const void *b)
{
    const struct etl_counter *left = a, *right = b;
    if (left->component != right->component)
        return left->component < right->component ? -1 : 1;
    if (left->drops != right->drops)
        return left->drops ? 1 : -1;
    return (left->edge > right->edge) - (left->edge < right->edge);
}

static int compare_filters(gconstpointer a, gconstpointer b)
{
    const struct etl_filter *left = *(const struct etl_filter *const *)a;
    const struct etl_filter *right = *(const struct etl_filter *const *)b;
    return (left->id > right->id) - (left->id < right->id);
}

static void name_counts(struct etl_catalogue *catalogue)
{
    GHashTableIter iterator;
    gpointer value;
    g_hash_table_iter_init(&iterator, catalogue->counts);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct etl_event_count *count = value;
        const struct etl_record record = {
            .kind = count->kind, .guid = count->guid, .id = count->id, .version = count->version};
        if (count->kind == ETL_RECORD_KERNEL)
            count->provider = g_strdup(ETL_LOGGER_PROVIDER);
        else if (!count->provider)
            count->provider = etl_event_provider(catalogue->schemas, &record);
    }
}

static void list_counters(struct etl_catalogue *catalogue)
{
    GHashTableIter iterator;
    gpointer value;
    g_hash_table_iter_init(&iterator, catalogue->counters);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct etl_counter counter = *(struct etl_counter *)value;
        counter.edge_name = etl_catalogue_edge_name(catalogue, counter.component, counter.edge);
        g_array_append_val(catalogue->counter_list, counter);
    }
    g_array_sort(catalogue->counter_list, compare_counters);
}

void etl_catalogue_finish(struct etl_catalogue *catalogue)
{
    learn_deferred(catalogue);
    etl_components_finish(catalogue);
    name_counts(catalogue);
    list_counters(catalogue);
    g_ptr_array_sort(catalogue->filters, compare_filters);
}

const struct etl_schemas *etl_catalogue_schemas(const struct etl_catalogue *catalogue)
{
    return catalogue->schemas;
}

const GPtrArray *etl_catalogue_filters(const struct etl_catalogue *catalogue)
{
    return catalogue->filters;
}

const GArray *etl_catalogue_counters(const struct etl_catalogue *catalogue)
{
    return catalogue->counter_list;
}

const struct etl_binding *etl_catalogue_binding(const struct etl_catalogue *catalogue,
                                                uint32_t component)
{
    return g_hash_table_lookup(catalogue->bindings, GUINT_TO_POINTER(component));
}

const GArray *etl_catalogue_former_names(const struct etl_catalogue *catalogue)
{
    return catalogue->former_names;
}

static int compare_counts(gconstpointer a, gconstpointer b)
{
    const struct etl_event_count *left = *(const struct etl_event_count *const *)a;
    const struct etl_event_count *right = *(const struct etl_event_count *const *)b;
    if (left->count != right->count)
        return left->count > right->count ? -1 : 1;
    int order = g_strcmp0(left->provider, right->provider);
    return order ? order : (left->id > right->id) - (left->id < right->id);
}

GPtrArray *etl_catalogue_counts(const struct etl_catalogue *catalogue)
{
    GPtrArray *counts = g_ptr_array_new();
    GHashTableIter iterator;
    gpointer value;
    g_hash_table_iter_init(&iterator, catalogue->counts);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        g_ptr_array_add(counts, value);
    g_ptr_array_sort(counts, compare_counts);
    return counts;
}

uint64_t etl_catalogue_uncounted(const struct etl_catalogue *catalogue)
{
    return catalogue->uncounted;
}

uint64_t etl_catalogue_pktmon_count(const struct etl_catalogue *catalogue, uint16_t id)
{
    return id < ETL_PKTMON_IDS ? catalogue->pktmon_counts[id] : 0;
}

uint64_t etl_catalogue_refused(const struct etl_catalogue *catalogue)
{
    return catalogue->refused + etl_schemas_refused(catalogue->schemas);
}

const char *etl_catalogue_edge_name(const struct etl_catalogue *catalogue, uint32_t component,
                                    uint16_t edge)
{
    return g_hash_table_lookup(catalogue->edge_names, make_edge_key(component, edge));
}
