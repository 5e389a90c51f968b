/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel programs of a capture, as one translation unit. Each program (SEC) is in programs/,
 * sorted by subject. track/ identifies packets from skb to skb. lib/ has the helpers of both.
 */
#include "programs/devices.h"
#include "programs/skb-free.h"
#include "programs/netfilter-hooks.h"
#include "programs/notices.h"
#include "programs/own-output-walk.h"
#include "programs/owners.h"
#include "programs/qdiscs.h"
#include "programs/socket-delivery.h"
#include "programs/xdp.h"

char LICENSE[] SEC("license") = "GPL";
