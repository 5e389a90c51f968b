/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "1 packet", "2 packets": chooses the word, or sentence, that a number needs. */
#ifndef PKTMON_MODEL_PLURAL_H
#define PKTMON_MODEL_PLURAL_H

#define PLURAL(number, one, many) ((number) == 1 ? (one) : (many))

#endif
