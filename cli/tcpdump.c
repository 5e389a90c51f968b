/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcpdump.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "decoder.h"

/* Maximum number of restarts: a log in which every packet ends tcpdump would take hours. */
#define MAX_STARTS 16
/* Timeout without a read or write. */
#define PATIENCE_MS 5000
/* Maximum text of one packet, with hexadecimal. */
#define MAX_TEXT(size) (16384 + 8 * (size_t)(size))
#define MAX_LINE       (1u << 20)

#define PCAP_MAGIC   0xA1B2C3D4u /* in host byte order */
#define PCAP_SNAPLEN 262144

/* A timestamp as tcpdump -tt prints it, "1234567890.123456 ": a secret, plus the number of the
 * packet in the seconds. */
#define MARK_SIZE   18
#define FIRST_MARK  1000000000u /* always ten digits */
#define MICROSECOND 1000000u

struct cli_tcpdump {
    const struct cli_packet_text_options *options;
    uint16_t link_type;
    unsigned starts;
    bool failed; /* no further restart */
    enum cli_tcpdump_failure failure;
    GPid pid; /* 0: not running */
    int in, out;
    uint32_t seconds, fraction; /* the secret */
    uint32_t sent;              /* packets since it was started */
};

/* One exchange: the packets to send, and the progress of the answer. */
struct exchange {
    struct cli_tcpdump *tcpdump;
    struct cli_tcpdump_packet *packets;
    size_t count;
    GByteArray *input;
    size_t written;
    GString *pending; /* an incomplete line */
    size_t left;      /* bytes left for the answer */
    uint32_t first;   /* the first packet's number */
    size_t reached;   /* packets whose text has begun; count + 1: the end mark was seen */
};

bool cli_tcpdump_is_installed(void)
{
    g_autofree char *path = g_find_program_in_path("tcpdump");
    return path != NULL;
}

struct cli_tcpdump *cli_tcpdump_new(uint16_t link_type,
                                    const struct cli_packet_text_options *options)
{
    struct cli_tcpdump *tcpdump = g_new0(struct cli_tcpdump, 1);
    tcpdump->link_type = link_type;
    tcpdump->options = options;
    return tcpdump;
}

enum cli_tcpdump_failure cli_tcpdump_get_failure(const struct cli_tcpdump *tcpdump)
{
    return tcpdump->failure;
}

/* --- the process --- */

/* Absolute sequence numbers (-S), as Windows prints them; no check of checksums (-K), because those
 * of sent packets are filled in by the adapter. */
static GPtrArray *command_line(const struct cli_tcpdump *tcpdump)
{
    const struct cli_packet_text_options *options = tcpdump->options;
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    static const char *const always[] = {"-n", "-K", "-S", "-tt", "-l"};
    g_ptr_array_add(words, g_strdup("pktmon"));
    g_ptr_array_add(words, g_strdup(CLI_DECODER_WORD));
    g_ptr_array_add(words, g_find_program_in_path("tcpdump"));
    for (size_t i = 0; i < G_N_ELEMENTS(always); i++)
        g_ptr_array_add(words, g_strdup(always[i]));
    if (!options->no_ethernet)
        g_ptr_array_add(words, g_strdup("-e"));
    if (options->brief)
        g_ptr_array_add(words, g_strdup("-q"));
    for (int i = 0; i < options->verbose; i++)
        g_ptr_array_add(words, g_strdup("-v"));
    g_ptr_array_add(words, g_strdup("-r"));
    g_ptr_array_add(words, g_strdup("-"));
    g_ptr_array_add(words, NULL);
    return words;
}

static bool spawn(struct cli_tcpdump *tcpdump)
{
    g_autoptr(GPtrArray) words = command_line(tcpdump);
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_ptr_array_add(all, "/proc/self/exe");
    for (guint i = 0; i < words->len; i++)
        g_ptr_array_add(all, g_ptr_array_index(words, i));
    return g_spawn_async_with_pipes(NULL, (char **)all->pdata, NULL,
                                    G_SPAWN_FILE_AND_ARGV_ZERO | G_SPAWN_DO_NOT_REAP_CHILD |
                                        G_SPAWN_STDERR_TO_DEV_NULL | G_SPAWN_CLOEXEC_PIPES,
                                    NULL, NULL, &tcpdump->pid, &tcpdump->in, &tcpdump->out, NULL,
                                    NULL);
}

static void put(GByteArray *to, const void *data, size_t size)
{
    g_byte_array_append(to, data, (guint)size);
}

static void put_file_header(const struct cli_tcpdump *tcpdump, GByteArray *to)
{
    const struct {
        uint32_t magic;
        uint16_t major, minor;
        uint32_t zone, accuracy, snaplen, link_type;
    } header = {PCAP_MAGIC, 2, 4, 0, 0, PCAP_SNAPLEN, tcpdump->link_type};
    put(to, &header, sizeof(header));
}

static bool start(struct cli_tcpdump *tcpdump)
{
    if (tcpdump->pid)
        return true;
    if (tcpdump->failed || tcpdump->starts >= MAX_STARTS || !spawn(tcpdump)) {
        tcpdump->failed = true;
        return false;
    }
    g_unix_set_fd_nonblocking(tcpdump->in, TRUE, NULL);
    g_unix_set_fd_nonblocking(tcpdump->out, TRUE, NULL);
    tcpdump->starts++;
    tcpdump->sent = 0;
    tcpdump->seconds = FIRST_MARK + g_random_int() % FIRST_MARK;
    tcpdump->fraction = g_random_int() % MICROSECOND;
    return true;
}

/* Root without capabilities may not end a process of another user; a program that it executes has
 * them again. */
static bool end(GPid pid)
{
    g_autofree char *number = g_strdup_printf("%d", pid);
    char *words[] = {"/proc/self/exe", CLI_DECODER_END_WORD, number, NULL};
    int status = 0;
    if (kill(pid, SIGKILL) == 0)
        return true;
    return g_spawn_sync(NULL, words, NULL, G_SPAWN_STDERR_TO_DEV_NULL | G_SPAWN_STDOUT_TO_DEV_NULL,
                        NULL, NULL, NULL, NULL, &status, NULL) &&
           status == 0;
}

static void set_failure(struct cli_tcpdump *tcpdump, int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == CLI_DECODER_FORBIDDEN)
        tcpdump->failure = CLI_TCPDUMP_FORBIDDEN;
    else if (WIFEXITED(status) && WEXITSTATUS(status) == CLI_DECODER_UNCONFINED)
        tcpdump->failure = CLI_TCPDUMP_UNCONFINED;
    else if (WIFEXITED(status) && WEXITSTATUS(status) == CLI_DECODER_NO_PROGRAM)
        tcpdump->failure = CLI_TCPDUMP_NO_PROGRAM;
    tcpdump->failed |= tcpdump->failure >= CLI_TCPDUMP_UNCONFINED; /* a restart would not help */
}

static void stop(struct cli_tcpdump *tcpdump)
{
    if (!tcpdump->pid)
        return;
    close(tcpdump->in);
    close(tcpdump->out);
    int options = end(tcpdump->pid) ? 0 : WNOHANG, status = 0;
    while (waitpid(tcpdump->pid, &status, options) < 0 && errno == EINTR) {
    }
    set_failure(tcpdump, status);
    tcpdump->pid = 0;
}

void cli_tcpdump_free(struct cli_tcpdump *tcpdump)
{
    if (tcpdump)
        stop(tcpdump);
    g_free(tcpdump);
}

/* --- an exchange --- */

static void put_packet(struct exchange *exchange, const uint8_t *data, uint32_t size,
                       uint32_t original)
{
    struct cli_tcpdump *tcpdump = exchange->tcpdump;
    const uint32_t header[] = {tcpdump->seconds + tcpdump->sent++, tcpdump->fraction, size,
                               MAX(size, original)};
    put(exchange->input, header, sizeof(header));
    put(exchange->input, data, size);
}

/* One more packet follows, whose line marks the end of the others. */
static void put_input(struct exchange *exchange)
{
    static const uint8_t end[] = {0};
    if (exchange->tcpdump->sent == 0)
        put_file_header(exchange->tcpdump, exchange->input);
    exchange->first = exchange->tcpdump->sent;
    exchange->left = MAX_LINE;
    for (size_t i = 0; i < exchange->count; i++) {
        exchange->left += MAX_TEXT(exchange->packets[i].size);
        put_packet(exchange, exchange->packets[i].data, exchange->packets[i].size,
                   exchange->packets[i].original);
    }
    put_packet(exchange, end, sizeof(end), sizeof(end));
}

/* Index of the packet whose text begins with this line; greater than the count: none. */
static size_t packet_of(const struct exchange *exchange, const char *line)
{
    char mark[MARK_SIZE + 1];
    guint64 seconds = g_ascii_strtoull(line, NULL, 10);
    g_snprintf(mark, sizeof(mark), "%010u.%06u ", (uint32_t)seconds, exchange->tcpdump->fraction);
    uint32_t number = (uint32_t)seconds - exchange->tcpdump->seconds - exchange->first;
    bool is_next = number >= exchange->reached && number <= exchange->count;
    return is_next && strncmp(line, mark, MARK_SIZE) == 0 ? number : exchange->count + 1;
}

static void append_line(struct cli_tcpdump_packet *packet, const char *line)
{
    static const char cut[] = " [...]";
    size_t most = MAX_TEXT(packet->size);
    if (packet->text->len >= most)
        return;
    if (packet->text->len > 0)
        g_string_append_c(packet->text, '\n');
    g_string_append(packet->text, line);
    if (packet->text->len >= most) {
        g_string_truncate(packet->text, most);
        g_string_append(packet->text, cut);
    }
}

static void take_line(struct exchange *exchange, const char *line)
{
    size_t number = packet_of(exchange, line);
    if (number <= exchange->count) {
        exchange->reached = number + 1;
        line += MARK_SIZE;
        if (number < exchange->count)
            exchange->packets[number].text = g_string_new(NULL);
    }
    if (exchange->reached > 0 && exchange->reached <= exchange->count)
        append_line(&exchange->packets[exchange->reached - 1], line);
}

static void take_lines(struct exchange *exchange)
{
    char *line = exchange->pending->str, *end;
    size_t left = exchange->pending->len;
    while (exchange->reached <= exchange->count && (end = memchr(line, '\n', left))) {
        *end = '\0';
        take_line(exchange, line);
        left -= (size_t)(end + 1 - line);
        line = end + 1;
    }
    g_string_erase(exchange->pending, 0, line - exchange->pending->str);
}

/* False: the other end is closed. */
static bool take_output(struct exchange *exchange)
{
    char bytes[65536];
    ssize_t count = read(exchange->tcpdump->out, bytes, sizeof(bytes));
    if (count < 0)
        return errno == EAGAIN || errno == EINTR;
    if (count == 0 || (size_t)count > exchange->left || exchange->pending->len > MAX_LINE)
        return false;
    exchange->left -= (size_t)count;
    for (ssize_t i = 0; i < count; i++) /* a NUL would cut the line */
        bytes[i] = bytes[i] ? bytes[i] : ' ';
    g_string_append_len(exchange->pending, bytes, count);
    take_lines(exchange);
    return true;
}

static bool give_input(struct exchange *exchange)
{
    ssize_t count = write(exchange->tcpdump->in, exchange->input->data + exchange->written,
                          exchange->input->len - exchange->written);
    if (count < 0)
        return errno == EAGAIN || errno == EINTR;
    exchange->written += (size_t)count;
    return true;
}

/* False: tcpdump ended, or hangs. */
static bool step(struct exchange *exchange)
{
    struct pollfd both[] = {
        {.fd = exchange->tcpdump->out, .events = POLLIN},
        {.fd = exchange->tcpdump->in, .events = POLLOUT},
    };
    bool all_written = exchange->written == exchange->input->len;
    int ready = poll(both, all_written ? 1 : 2, PATIENCE_MS);
    if (ready == 0)
        exchange->tcpdump->failed = true;
    if (ready <= 0)
        return ready < 0 && errno == EINTR;
    if (both[0].revents && !take_output(exchange))
        return false;
    return all_written || !(both[1].revents & (POLLOUT | POLLERR)) || give_input(exchange);
}

/* Returns how many packets have a text. Fewer than all: tcpdump ended, and the last text may be
 * incomplete. */
static size_t run(struct cli_tcpdump *tcpdump, struct cli_tcpdump_packet *packets, size_t count)
{
    if (!start(tcpdump))
        return 0;
    struct exchange exchange = {
        .tcpdump = tcpdump,
        .packets = packets,
        .count = count,
        .input = g_byte_array_new(),
        .pending = g_string_new(NULL),
    };
    put_input(&exchange);
    while (exchange.reached <= count && step(&exchange)) {
    }
    bool whole = exchange.reached > count;
    g_byte_array_free(exchange.input, TRUE);
    g_string_free(exchange.pending, TRUE);
    if (!whole)
        stop(tcpdump);
    return whole ? count + 1 : exchange.reached;
}

static void forget(struct cli_tcpdump_packet *packet)
{
    if (packet->text)
        g_string_free(packet->text, TRUE);
    packet->text = NULL;
}

/* tcpdump ended on this packet, or on the previous or next one. */
static void decode_alone(struct cli_tcpdump *tcpdump, struct cli_tcpdump_packet *packet)
{
    forget(packet);
    if (run(tcpdump, packet, 1) <= 1)
        forget(packet);
}

void cli_tcpdump_decode(struct cli_tcpdump *tcpdump, struct cli_tcpdump_packet *packets,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        packets[i].text = NULL;
    while (count > 0) {
        size_t done = run(tcpdump, packets, count);
        if (done > count)
            return;
        size_t last = MIN(done, count - 1), first = done > 0 ? done - 1 : 0;
        for (size_t i = first; i <= last; i++)
            decode_alone(tcpdump, &packets[i]);
        packets += last + 1;
        count -= last + 1;
        if (tcpdump->failed)
            return;
    }
}
