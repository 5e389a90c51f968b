/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of a capture. pktmondump's dialog, the commands of pktmon, their --help and the page
 * docs/capture-options.md come from this one table.
 */
#ifndef PKTMON_FRONTEND_CAPTURE_OPTIONS_H
#define PKTMON_FRONTEND_CAPTURE_OPTIONS_H

#include <stddef.h>

#include "option.h"
#include "pktmon/session.h"

/* As typed. */
#define FRONTEND_DEFAULT_VIEW "packets"
#define FRONTEND_DEFAULT_HOLD "200"

enum frontend_member_type {
    FRONTEND_MEMBER_BOOL,
    FRONTEND_MEMBER_UINT16,
    FRONTEND_MEMBER_UINT32, /* also an enum */
    FRONTEND_MEMBER_TEXT,
    FRONTEND_MEMBER_LIST,
};

struct frontend_capture_option {
    struct frontend_option option;
    size_t offset; /* of the member of struct pktmon_session_options */
    enum frontend_member_type type;
    size_t given_offset; /* of the bool that says whether a value was given; 0 = there is none */
};

/* The values of --view, of captures and of logs. */
extern const struct frontend_choice frontend_views[];

/* In the order of Wireshark's dialog; ends with a row without a name. */
extern const struct frontend_capture_option frontend_capture_options[];

/* NULL: there is none of this name. */
const struct frontend_capture_option *frontend_find_capture_option(const char *name);

/* Sets the defaults of the table. */
void frontend_init_capture_settings(struct pktmon_session_options *settings);

/* Checks the value and stores it; text is borrowed. An empty or NULL text stores the default. */
bool frontend_store_capture_option(struct pktmon_session_options *settings,
                                   const struct frontend_capture_option *option, const char *text,
                                   GError **error);
/* The values of a FRONTEND_OPTION_LIST, NULL-terminated or NULL; borrowed. */
void frontend_store_capture_list(struct pktmon_session_options *settings,
                                 const struct frontend_capture_option *option,
                                 const char *const *values);

/* Why a capture and a log refuse --type dropped in the appearances view. */
extern const char frontend_no_dropped_appearances[];

#endif
