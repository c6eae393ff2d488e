/* SPDX-License-Identifier: BSD-2-Clause */
/* Events as lines for people, written while the run goes on.  All functions append whole lines. */
#ifndef DECANT_TEXT_H
#define DECANT_TEXT_H

#include "base/str.h"
#include "report/report.h"

/* Append what EV says could not be done to NAME (NULL = none), e.g. "cannot read 'x': Permission
 * denied", without a newline. */
void text_add_failure(struct str *s, const struct event *ev, const char *name);
/* Append the line that EV deserves on standard error: an error, a warning, a remark; or nothing.
 * LIVE gives a full destination its missing bytes. */
void text_event(
    struct str *s, const struct report_opts *opts, const struct event *ev, struct live *live);
/* Append the lines that EV deserves on standard output: -v, itemized, --explain. */
void text_item(struct str *s, const struct report_opts *opts, const struct event *ev);
/* Append the NUL-terminated name that --print0 asks for, if EV is of that sort. */
void text_print0(struct str *s, const struct report_opts *opts, const struct event *ev);

#endif
