/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "1 packet", "2 packets": which of two words, or sentences, a number needs. */
#ifndef PKTMON_PLURAL_H
#define PKTMON_PLURAL_H

#define PLURAL(number, one, many) ((number) == 1 ? (one) : (many))

#endif
