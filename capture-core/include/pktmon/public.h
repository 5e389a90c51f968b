/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PKTMON_PUBLIC marks what libpktmon.so exports; everything else is built hidden. Code that
 * compiles single files of the library into itself (the dissector) defines it empty.
 */
#ifndef PKTMON_PUBLIC_H
#define PKTMON_PUBLIC_H

#ifndef PKTMON_PUBLIC
#define PKTMON_PUBLIC __attribute__((visibility("default")))
#endif

#endif
