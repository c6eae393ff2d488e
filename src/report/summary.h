/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a run in words: the summary and the table of errors.  All append whole lines. */
#ifndef DECANT_SUMMARY_H
#define DECANT_SUMMARY_H

#include "base/str.h"
#include "report/outcome.h"
#include "report/report.h"

/* Append the summary: what was done, how fast, by what means, and what came of it. */
void summary_add(struct str *s, const struct report_opts *opts, const struct outcome *o);
/* Append the one line that ends a --dry-run. */
void summary_add_dry(struct str *s, const struct outcome *o);
/* Append the table of errors by group when there was more than one, GROUP_NAMES names a group. */
void summary_add_errors(struct str *s, const struct report_opts *opts, const struct outcome *o);

#endif
