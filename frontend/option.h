/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of the programs. A row says everything about an option: how its value is checked, how it
 * looks in Wireshark's dialog and in --help.
 */
#ifndef PKTMON_FRONTEND_OPTION_H
#define PKTMON_FRONTEND_OPTION_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum frontend_option_kind {
    FRONTEND_OPTION_TEXT,
    FRONTEND_OPTION_LIST,   /* text; may be given several times */
    FRONTEND_OPTION_FILE,   /* a file to write */
    FRONTEND_OPTION_INPUT,  /* a file to read */
    FRONTEND_OPTION_CHOICE, /* one of choices */
    FRONTEND_OPTION_NUMBER, /* unsigned, 32 bits, decimal */
    FRONTEND_OPTION_FLAG,   /* pktmon: given or not; pktmondump: also with true or false */
};

/* Programs and commands that have an option. */
enum {
    FRONTEND_DUMP_LIVE = 1 << 0, /* pktmondump, interface "pktmon" */
    FRONTEND_DUMP_LOG = 1 << 1,  /* pktmondump, interface "pktmon-etl" */
    FRONTEND_CAPTURE = 1 << 2,   /* pktmon capture */
    FRONTEND_COUNTERS = 1 << 3,  /* pktmon counters */
    FRONTEND_LIST = 1 << 4,      /* pktmon list */
    FRONTEND_ETL2PCAP = 1 << 5,  /* pktmon etl2pcap */
    FRONTEND_ETL2TXT = 1 << 6,   /* pktmon etl2txt */

    FRONTEND_DUMP = FRONTEND_DUMP_LIVE | FRONTEND_DUMP_LOG,
};

struct frontend_choice {
    const char *value; /* NULL ends the list */
    const char *display;
    uint32_t number;
};

struct frontend_option {
    const char *name; /* without "--"; NULL ends the table */
    enum frontend_option_kind kind;
    unsigned users;            /* FRONTEND_DUMP_LIVE and so on */
    char letter;               /* short form for pktmon; 0 = none */
    const char *unit;          /* stands for the value in pktmon's --help: "BYTES" */
    const char *group;         /* tab of Wireshark's dialog; NULL: not in the dialog */
    const char *display;       /* label in the dialog */
    const char *help;          /* one line: tooltip, and in --help; NULL: not shown there */
    const char *default_value; /* NULL: none */
    const char *placeholder;   /* shown in the empty field of the dialog */
    const struct frontend_choice *choices;
    uint32_t minimum, maximum; /* of a number */
};

/* Checks the value. number: of a choice, a number or a flag. False: error names the option and the
 * values that it takes. */
bool frontend_option_parse(const struct frontend_option *option, const char *text, uint32_t *number,
                           GError **error);

/* False: the value looks like an option, as when the file's name was left out. option: as it is
 * typed, "--fifo". */
bool frontend_check_file_name(const char *option, const char *name, GError **error);

/* The value that is used when none is given, for people; NULL: there is none to show. */
const char *frontend_option_usual_value(const struct frontend_option *option);

#endif
