/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "played-events.h"

#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "model/clock.h"
#include "veth.h"

struct play play;

/* The real clocks, except that the real-time clock can be set without harm to the machine. */
int clock_gettime(clockid_t id, struct timespec *now)
{
    int status = (int)syscall(SYS_clock_gettime, id, now);

    if (id == CLOCK_REALTIME) {
        int64_t nanoseconds = now->tv_nsec + play.stepped_by % 1000000000;
        now->tv_sec += play.stepped_by / 1000000000 + nanoseconds / 1000000000;
        now->tv_nsec = nanoseconds % 1000000000;
    }
    return status;
}

static void deliver(struct provider *provider, const struct pktmon_event *events)
{
    for (; events && events->record; events++) {
        struct pktmon_event event = *events;
        event.time += clock_real();
        provider->sink->event(provider->sink, &event);
    }
}

static void add_device(struct pktmon_registry *registry, uint32_t id, const char *name,
                       const char *netns)
{
    pktmon_component_set(&add_veth(registry, id, name)->netns, netns);
}

static bool play_enumerate(struct provider *provider, GError **error)
{
    (void)error;
    add_device(provider->registry, 1, "eth0", NULL);
    add_device(provider->registry, 2, "blue/eth0", "blue");
    add_device(provider->registry, 3, "blue/br0", "blue");
    return true;
}

static bool play_start(struct provider *provider, GError **error)
{
    (void)provider;
    if (play.fail_start)
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION, "Join the group.");
    return !play.fail_start;
}

static int play_read(struct provider *provider, int timeout_ms, GError **error)
{
    (void)error;
    g_assert_cmpint(timeout_ms, >=, 0);
    g_assert_cmpint(timeout_ms, <=, 100);
    deliver(provider, play.events);
    play.events = NULL;
    if (play.stop_in_read) {
        pktmon_session_stop(play.stop_in_read);
        return 1;
    }
    play.stepped_by = play.clock_step;
    if (play.read_until > clock_monotonic()) {
        g_usleep((gulong)timeout_ms * 1000);
        return 1;
    }
    return 0;
}

static bool play_read_counters(struct provider *provider, GError **error)
{
    (void)provider, (void)error;
    play.readings++;
    return true;
}

static bool play_stop(struct provider *provider, GError **error)
{
    (void)error;
    deliver(provider, play.last_events);
    return true;
}

static void play_free(struct provider *provider)
{
    play.freed++;
    g_free(provider);
}

static const struct provider_ops play_ops = {
    .name = "play",
    .enumerate = play_enumerate,
    .start = play_start,
    .read = play_read,
    .read_counters = play_read_counters,
    .stop = play_stop,
    .free = play_free,
};

struct provider *play_new(const struct provider_options *options, struct pktmon_registry *registry,
                          struct pktmon_capture_info *capture, struct pktmon_sink *sink,
                          GError **error)
{
    struct provider *provider = g_new0(struct provider, 1);

    (void)error;
    *provider = (struct provider){&play_ops, registry, capture, sink};
    play.options = *options;
    return provider;
}

void play_reset(void)
{
    memset(&play, 0, sizeof(play));
}
