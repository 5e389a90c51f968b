/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens Windows logs (.etl) in Wireshark. The log is converted to pcapng in an unnamed temporary
 * file, which Wireshark's own reader then reads, so that Wireshark shows what etl2pcap writes. The
 * conversion follows the reading: a log that is only selected in a dialog costs no more than the
 * records that the dialog reads, and closing the file ends the conversion.
 */
#include "wiretap-layout.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "etl-reader/convert.h"

#ifndef WS_DLL_PUBLIC_DEF
#define WS_DLL_PUBLIC_DEF __attribute__((visibility("default")))
#endif

WS_DLL_PUBLIC_DEF const char plugin_version[] = PKTMON_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;
WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC uint32_t plugin_describe(void);

/* WS_PLUGIN_DESC_FILE_TYPE of plugins.h in 4.4; older releases do not use it. */
#define DESCRIBES_FILE_TYPE 2

/* Bytes of a file that are enough to recognise a log. */
#define RECOGNISE_SIZE 512

static int file_type = -1;

/* Kept in wth->priv, which libwiretap frees. */
struct converted {
    struct wtap *pcapng;
    char *log;
    const char *paths[2];
    struct etl_conversion conversion;
    struct etl_converter *converter; /* NULL: finished, or failed */
    int fd;                          /* of the temporary file */
};

/* Interfaces of the converted file become interfaces of the log as they appear, and with them the
 * link type of the file: several types are none. */
static void take_over_interfaces(struct wtap *wth, const struct converted *converted)
{
    GArray *own = wiretap_layout(wth)->interface_data;
    const GArray *theirs = wiretap_layout(converted->pcapng)->interface_data;
    while (own->len < theirs->len) {
        wtap_block_t block = wtap_block_ref(g_array_index(theirs, wtap_block_t, own->len));
        g_array_append_val(own, block);
    }
    wiretap_layout(wth)->file_encap = wtap_file_encap(converted->pcapng);
}

/* Converts the next part of the log. False: it is finished, or err and err_info say why not. */
static bool convert_more(struct converted *converted, int *err, char **err_info)
{
    g_autoptr(GError) error = NULL;
    if (!converted->converter)
        return false;
    int more = etl_converter_step(converted->converter, true, &error);
    if (more <= 0)
        g_clear_pointer(&converted->converter, etl_converter_free);
    if (more < 0) {
        *err = WTAP_ERR_BAD_FILE;
        *err_info = g_strdup(error->message);
        return false;
    }
    wtap_cleareof(converted->pcapng);
    return true;
}

/* What is converted so far ends with a complete block, as a running capture does. */
static compat_bool etl_read(struct wtap *wth, wtap_rec *rec, Buffer *buffer, int *err,
                            char **err_info, gint64 *offset)
{
    struct converted *converted = wiretap_layout(wth)->priv;
    compat_bool there;
    do {
        there = wtap_read(converted->pcapng, rec, buffer, err, err_info, offset);
    } while (!there && *err == 0 && convert_more(converted, err, err_info));
    take_over_interfaces(wth, converted);
    return there;
}

static compat_bool etl_seek_read(struct wtap *wth, gint64 offset, wtap_rec *rec, Buffer *buffer,
                                 int *err, char **err_info)
{
    const struct converted *converted = wiretap_layout(wth)->priv;
    return wtap_seek_read(converted->pcapng, offset, rec, buffer, err, err_info);
}

static void clear_conversion(struct converted *converted)
{
    g_clear_pointer(&converted->converter, etl_converter_free);
    if (converted->pcapng)
        wtap_close(converted->pcapng);
    converted->pcapng = NULL;
    if (converted->fd >= 0)
        close(converted->fd);
    converted->fd = -1;
    g_clear_pointer(&converted->log, g_free);
}

static void etl_close(struct wtap *wth)
{
    struct converted *converted = wiretap_layout(wth)->priv;
    clear_conversion(converted);
}

static bool is_log(const char *path)
{
    uint8_t head[RECOGNISE_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = read(fd, head, sizeof(head));
    close(fd);
    return size > 0 && etl_file_recognise(head, (size_t)size);
}

/* Programs without a dialog to choose an opener in, such as editcap, have the environment. */
static bool read_environment(enum pktmon_view *view, GError **error)
{
    const char *word = g_getenv("PKTMON_VIEW");
    if (!word || !*word || strcmp(word, "packets") == 0)
        *view = PKTMON_VIEW_PACKETS;
    else if (strcmp(word, "appearances") == 0)
        *view = PKTMON_VIEW_APPEARANCES;
    else
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "PKTMON_VIEW is \"packets\" or \"appearances\", and \"%s\" is neither.", word);
    return *view != 0;
}

/* view: 0 = that of the environment. */
static bool start_conversion(struct converted *converted, const char *log, enum pktmon_view view,
                             GError **error)
{
    if (view == 0 && !read_environment(&view, error))
        return false;
    converted->log = g_strdup(log);
    converted->paths[0] = converted->log;
    converted->fd = wiretap_temporary_file(error);
    if (converted->fd < 0)
        return false;
    converted->conversion = (struct etl_conversion){.view = view,
                                                    .fd = converted->fd,
                                                    .carrier = PKTMON_CARRIER_BLOCKS,
                                                    .application = "pktmon-etl " PKTMON_VERSION};
    etl_options_init(&converted->conversion.events);
    converted->converter = etl_converter_new(converted->paths, &converted->conversion, error);
    return converted->converter != NULL;
}

/* NULL: err and err_info are set as an open routine sets them. */
static struct converted *open_converted(const char *log, enum pktmon_view view, bool random,
                                        int *err, char **err_info)
{
    g_autoptr(GError) error = NULL;
    struct converted *converted = g_new0(struct converted, 1);
    converted->fd = -1;
    if (start_conversion(converted, log, view, &error)) {
        g_autofree char *path = wiretap_path_of(converted->fd);
        converted->pcapng = wtap_open_offline(path, WTAP_TYPE_AUTO, err, err_info, random);
    } else {
        *err = WTAP_ERR_INTERNAL;
        *err_info = g_strdup(error->message);
    }
    if (converted->pcapng)
        return converted;
    clear_conversion(converted);
    g_free(converted);
    return NULL;
}

static void take_over_file(struct wtap *wth, struct converted *converted)
{
    struct wtap_layout *layout = wiretap_layout(wth);
    struct wtap *pcapng = converted->pcapng;
    wtap_block_t section = wtap_file_get_shb(pcapng, 0);
    layout->priv = converted;
    layout->read = etl_read;
    layout->seek_read = etl_seek_read;
    layout->close = etl_close;
    layout->file_type_subtype = file_type;
    layout->file_tsprec = wtap_file_tsprec(pcapng);
    layout->snapshot_length = wtap_snapshot_length(pcapng);
    if (section && layout->shb_hdrs->len > 0) {
        wtap_block_unref(g_array_index(layout->shb_hdrs, wtap_block_t, 0));
        g_array_index(layout->shb_hdrs, wtap_block_t, 0) = wtap_block_ref(section);
    }
    take_over_interfaces(wth, converted);
}

static wtap_open_return_val open_log(struct wtap *wth, enum pktmon_view view, int *err,
                                     char **err_info)
{
    if (!wiretap_layout_is_right())
        return WTAP_OPEN_NOT_MINE;
    const struct wtap_layout *layout = wiretap_layout(wth);
    if (layout->ispipe || !is_log(layout->pathname))
        return WTAP_OPEN_NOT_MINE;
    struct converted *converted =
        open_converted(layout->pathname, view, layout->random_fh != NULL, err, err_info);
    if (!converted)
        return WTAP_OPEN_ERROR;
    take_over_file(wth, converted);
    return WTAP_OPEN_MINE;
}

static wtap_open_return_val open_as_usual(struct wtap *wth, int *err, char **err_info)
{
    return open_log(wth, 0, err, err_info);
}

static wtap_open_return_val open_appearances(struct wtap *wth, int *err, char **err_info)
{
    return open_log(wth, PKTMON_VIEW_APPEARANCES, err, err_info);
}

static const struct supported_block_type blocks[] = {
    {WTAP_BLOCK_SECTION, ONE_BLOCK_SUPPORTED, NO_OPTIONS_SUPPORTED},
    {WTAP_BLOCK_IF_ID_AND_INFO, MULTIPLE_BLOCKS_SUPPORTED, NO_OPTIONS_SUPPORTED},
    {WTAP_BLOCK_IF_STATISTICS, MULTIPLE_BLOCKS_SUPPORTED, NO_OPTIONS_SUPPORTED},
    {WTAP_BLOCK_PACKET, MULTIPLE_BLOCKS_SUPPORTED, NO_OPTIONS_SUPPORTED},
    {WTAP_BLOCK_CUSTOM, MULTIPLE_BLOCKS_SUPPORTED, NO_OPTIONS_SUPPORTED},
};

static void register_file_type(void)
{
    static const struct file_type_subtype_info info = {
        .description = "Windows event trace log",
        .name = "etl",
        .default_file_extension = "etl",
        .num_supported_blocks = G_N_ELEMENTS(blocks),
        .supported_blocks = blocks,
    };
    /* A log has no magic number: formats that have one are tried first. The second opener opens
     * only what a user chooses it for. */
    static struct open_info openers[] = {
        {
            .name = "Windows event trace log",
            .type = OPEN_INFO_HEURISTIC,
            .open_routine = open_as_usual,
            .extensions = "etl",
        },
        {
            .name = "Windows event trace log (appearances)",
            .type = OPEN_INFO_HEURISTIC,
            .open_routine = open_appearances,
            .extensions = "etl",
        },
    };
    file_type = wtap_register_file_type_subtype(&info);
    for (size_t i = 0; i < G_N_ELEMENTS(openers); i++)
        wtap_register_open_info(&openers[i], FALSE);
}

void plugin_register(void)
{
    static wtap_plugin plugin = {.register_wtap_module = register_file_type};
    wtap_register_plugin(&plugin);
}

uint32_t plugin_describe(void)
{
    return DESCRIBES_FILE_TYPE;
}
