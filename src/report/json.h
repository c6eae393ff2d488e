/* SPDX-License-Identifier: BSD-2-Clause */
/* Events and results as JSON, one object a line; UX.md section 7 freezes the fields. */
#ifndef DECANT_JSON_H
#define DECANT_JSON_H

#include "base/str.h"
#include "report/outcome.h"
#include "report/progress.h"
#include "report/report.h"

/* Append the start object. */
void json_start(struct str *s, const struct report_opts *opts);
/* Append the object of EV: "item", "error", "lost" or "vanished"; nothing for a NOTE, nor for an
 * unchanged item that nobody asked for. */
void json_event(struct str *s, const struct report_opts *opts, const struct event *ev);
/* Append the progress object. */
void json_progress(struct str *s, const struct progress_figures *f, int64_t errors);
/* Append the summary object; OMITTED is how many errors the report before it leaves out. */
void json_summary(struct str *s, const struct outcome *o, int64_t omitted);

#endif
