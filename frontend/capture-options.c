/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture-options.h"

#include "providers/provider.h"

const char frontend_no_dropped_appearances[] =
    "--type dropped chooses whole journeys, which --view appearances does not have: choose "
    "--view packets, or --type drop.";

#define TYPE_OF(name)                                                                              \
    _Generic(((struct pktmon_session_options *)0)->name,                                               \
        bool: FRONTEND_MEMBER_BOOL,                                                                \
        uint16_t: FRONTEND_MEMBER_UINT16,                                                          \
        uint32_t: FRONTEND_MEMBER_UINT32,                                                          \
        const char *: FRONTEND_MEMBER_TEXT,                                                        \
        const char *const *: FRONTEND_MEMBER_LIST)
#define MEMBER(name) .offset = offsetof(struct pktmon_session_options, name), .type = TYPE_OF(name)
#define GIVEN(name)  .given_offset = offsetof(struct pktmon_session_options, name)

#define LIVE      (FRONTEND_DUMP_LIVE | FRONTEND_CAPTURE)
#define COUNTING  (LIVE | FRONTEND_COUNTERS)
#define SELECTION (COUNTING | FRONTEND_LIST)

#define GROUP_CAPTURE    "Capture"
#define GROUP_COMPONENTS "Components"
#define GROUP_LIMITS     "Limits"
#define GROUP_DEBUG      "Debug"

static const struct frontend_choice types[] = {
    {"all", "All packets", PKTMON_CAPTURE_ALL},
    {"flow", "Packets that pass", PKTMON_CAPTURE_FLOW},
    {"drop", "Drops", PKTMON_CAPTURE_DROP},
    {"dropped", "Dropped packets, with their journeys", PKTMON_CAPTURE_DROPPED},
    {NULL},
};

const struct frontend_choice frontend_views[] = {
    {"packets", "One frame for each packet", PKTMON_VIEW_PACKETS},
    {"appearances", "One frame for each observation", PKTMON_VIEW_APPEARANCES},
    {NULL},
};

static const struct frontend_choice points[] = {
    {"devices", "Devices: driver edges, sockets, drops", PKTMON_POINTS_DEVICES},
    {"stack", "Stack: also upper edges, queues, netfilter hooks", PKTMON_POINTS_STACK},
    {NULL},
};

static const struct frontend_choice providers[] = {
    {"auto", "Automatic"},
    {"ebpf", "eBPF"},
    {"pcap", "libpcap: devices only"},
    {NULL},
};

const struct frontend_capture_option frontend_capture_options[] = {
    {{"view", FRONTEND_OPTION_CHOICE, LIVE | FRONTEND_DUMP_LOG, 0, "VIEW", GROUP_CAPTURE, "View",
      "What a frame is: a packet, with its whole journey (packets), or one observation of it "
      "(appearances)",
      .default_value = FRONTEND_DEFAULT_VIEW, .choices = frontend_views},
     MEMBER(view)},
    {{"type", FRONTEND_OPTION_CHOICE, LIVE | FRONTEND_DUMP_LOG, 0, "TYPE", GROUP_CAPTURE, "Packets",
      "Packets to capture: all, those that pass (flow), drops alone (drop), or whole journeys of "
      "packets that were dropped (dropped)",
      .default_value = "all", .choices = types},
     MEMBER(type)},
    {{"slower", FRONTEND_OPTION_NUMBER, LIVE, 0, "MS", GROUP_CAPTURE, "Slower than (ms)",
      "Only packets that took at least so many milliseconds from the first to the last "
      "observation, "
      "or were dropped; 0 for all",
      .default_value = "0", .maximum = 10000},
     MEMBER(slower_ms)},
    {{"points", FRONTEND_OPTION_CHOICE, LIVE, 0, "POINTS", GROUP_CAPTURE, "Capture points",
      "Where packets are captured: throughout the stack (stack), or only at driver edges, sockets "
      "and drops (devices)",
      .default_value = "stack", .choices = points},
     MEMBER(points)},
    {{"counters-only", FRONTEND_OPTION_FLAG, LIVE, 0, NULL, GROUP_CAPTURE, "Counters only",
      "Capture counters, but no packets", .default_value = "false"},
     MEMBER(counters_only)},
    {{"inner", FRONTEND_OPTION_FLAG, LIVE, 0, NULL, GROUP_CAPTURE, "Filter inside tunnels",
      "Filters also match packets inside VXLAN, GRE, NVGRE, IP-in-IP and Geneve",
      .default_value = "false"},
     MEMBER(inner)},
    {{"vxlan-port", FRONTEND_OPTION_NUMBER, LIVE, 0, "PORT", GROUP_CAPTURE, "VXLAN port",
      "UDP port of VXLAN tunnels, for filters that match inside them", .placeholder = "4789",
      .minimum = 1, .maximum = UINT16_MAX},
     MEMBER(vxlan_port)},
    {{"components", FRONTEND_OPTION_TEXT, SELECTION, 0, "LIST", GROUP_COMPONENTS, "Components",
      "Only these components: ids or names, separated by commas; empty for all",
      .placeholder = "all"},
     MEMBER(components)},
    {{"netns", FRONTEND_OPTION_TEXT, SELECTION, 0, "LIST", GROUP_COMPONENTS, "Network namespaces",
      "Only these network namespaces: all, current, or names, paths, and ids of processes or "
      "containers, separated by commas",
      .default_value = "all"},
     MEMBER(netns)},
    {{"hook-queues", FRONTEND_OPTION_FLAG, COUNTING, 0, NULL, GROUP_COMPONENTS,
      "Netfilter hooks with an NFQUEUE",
      "Also attach to netfilter hooks where a program has bound an NFQUEUE: packets that wait in "
      "it "
      "are queued again when the capture begins, and lost if the capture is killed",
      .default_value = "false"},
     MEMBER(hook_queues)},
    {{"pkt-size", FRONTEND_OPTION_NUMBER, LIVE, 0, "BYTES", GROUP_LIMITS, "Bytes of each packet",
      "Snap length, bytes; 0 for whole packets", .default_value = "0",
      .maximum = PKTMON_MAX_BLOCK_SIZE},
     MEMBER(pkt_size)},
    {{"repeat-size", FRONTEND_OPTION_NUMBER, LIVE, 0, "BYTES", GROUP_LIMITS,
      "Bytes of repeat appearances",
      "Snap length of appearances whose bytes an earlier one has, bytes; 0 for whole packets, "
      "empty "
      "for 256 or the bytes of each packet, whichever is less",
      .placeholder = "256", .maximum = PKTMON_MAX_BLOCK_SIZE},
     MEMBER(repeat_size),
     GIVEN(has_repeat_size)},
    {{"counters-interval", FRONTEND_OPTION_NUMBER, LIVE, 0, "MS", GROUP_LIMITS,
      "Counter interval (ms)",
      "Interval between readings of the counters, ms; 0 for a single reading at the end",
      .default_value = "10000", .maximum = 3600000},
     MEMBER(counters_interval_ms)},
    {{"hold", FRONTEND_OPTION_NUMBER, LIVE, 0, "MS", GROUP_LIMITS, "Hold (ms)",
      "Time that a packet's journey may stay open before the packet is written, ms",
      .default_value = FRONTEND_DEFAULT_HOLD, .minimum = 1, .maximum = 60000},
     MEMBER(hold_ms)},
    {{"buffer-size", FRONTEND_OPTION_NUMBER, LIVE, 0, "MIB", GROUP_LIMITS, "Buffer (MiB)",
      "Total size of the buffers for captured packets, MiB: the kernel's, and in the packets view "
      "also that of journeys",
      .default_value = "64", .minimum = 1, .maximum = 4096},
     MEMBER(buffer_size)},
    {{"sample", FRONTEND_OPTION_NUMBER, LIVE, 0, "N", GROUP_LIMITS, "Keep one packet in",
      "Keep one packet in N, with all its appearances; 1 for all packets", .default_value = "1",
      .minimum = 1, .maximum = UINT32_MAX},
     MEMBER(sample)},
    {{"max-cpu", FRONTEND_OPTION_NUMBER, LIVE, 0, "PERCENT", GROUP_LIMITS, "CPU limit (%)",
      "CPU limit of the capturing process, percent of one CPU: beyond it packets are shed, each "
      "with all its appearances; 0 for no limit",
      .default_value = "0", .maximum = 10000},
     MEMBER(max_cpu)},
    {{"keep-own", FRONTEND_OPTION_FLAG, LIVE, 0, NULL, GROUP_LIMITS,
      "Keep the capture's own output",
      "Also capture the connection that carries the capture's own output: each of its packets "
      "causes more of them, without end",
      .default_value = "false"},
     MEMBER(keep_own)},
    {{"provider", FRONTEND_OPTION_CHOICE, LIVE, 0, "PROVIDER", GROUP_DEBUG, "Provider",
      "How packets are captured: by eBPF (ebpf), by libpcap, which sees devices only (pcap), or by "
      "eBPF with libpcap as the fallback (auto)",
      .default_value = "auto", .choices = providers},
     MEMBER(provider)},
    /* Wireshark passes the capture filter in an option of its own name. */
    {{"capture-filter", FRONTEND_OPTION_TEXT, FRONTEND_CAPTURE, 'f', "TEXT",
      .help = "Only packets that match, in pcap-filter(7) syntax"},
     MEMBER(capture_filter)},
    {{"filter", FRONTEND_OPTION_LIST, FRONTEND_CAPTURE, 0, "TEXT",
      .help = "Only packets that match this, another --filter, or -f, in the syntax of Windows' "
              "\"pktmon filter add\"; up to 32"},
     MEMBER(filters)},
    {{NULL}},
};

const struct frontend_capture_option *frontend_find_capture_option(const char *name)
{
    const struct frontend_capture_option *row = frontend_capture_options;
    while (row->option.name && !g_str_equal(row->option.name, name))
        row++;
    return row->option.name ? row : NULL;
}

static void store(struct pktmon_session_options *settings,
                  const struct frontend_capture_option *row, const char *text, uint32_t number)
{
    void *member = (char *)settings + row->offset;
    switch (row->type) {
    case FRONTEND_MEMBER_BOOL:
        *(bool *)member = number;
        break;
    case FRONTEND_MEMBER_UINT16:
        *(uint16_t *)member = (uint16_t)number;
        break;
    case FRONTEND_MEMBER_UINT32:
        *(uint32_t *)member = number;
        break;
    case FRONTEND_MEMBER_TEXT:
        *(const char **)member = text;
        break;
    case FRONTEND_MEMBER_LIST:
        break;
    }
}

static void store_given(struct pktmon_session_options *settings,
                        const struct frontend_capture_option *row, bool given)
{
    if (row->given_offset)
        *(bool *)((char *)settings + row->given_offset) = given;
}

bool frontend_store_capture_option(struct pktmon_session_options *settings,
                                   const struct frontend_capture_option *option, const char *text,
                                   GError **error)
{
    bool given = text && *text;
    const char *value = given ? text : option->option.default_value;
    uint32_t number = 0;
    if (value && !frontend_option_parse(&option->option, value, &number, error))
        return false;
    store(settings, option, value, number);
    store_given(settings, option, given);
    return true;
}

void frontend_store_capture_list(struct pktmon_session_options *settings,
                                 const struct frontend_capture_option *option,
                                 const char *const *values)
{
    *(const char *const **)((char *)settings + option->offset) = values;
}

void frontend_init_capture_settings(struct pktmon_session_options *settings)
{
    *settings = (struct pktmon_session_options){0};
    for (const struct frontend_capture_option *row = frontend_capture_options; row->option.name;
         row++)
        frontend_store_capture_option(settings, row, NULL, NULL);
}
