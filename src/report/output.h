/* SPDX-License-Identifier: BSD-2-Clause */
/* Standard output and standard error, with the progress line kept out of the way of both. */
#ifndef DECANT_OUTPUT_H
#define DECANT_OUTPUT_H

#include "base/str.h"
#include "report/progress.h"
#include "report/report.h"

/* The two streams.  Not locked: the report's mutex guards it. */
struct output {
	const struct report_opts *opts; /* borrowed */
	struct progress progress;       /* the line that is redrawn on standard error */
	struct str owed;                /* standard output that is not yet written */
	struct err error;               /* why standard output takes no more */
};

/* Prepare O for a run that begins NOW_NS; borrows OPTS and LIVE. */
void output_init(
    struct output *o, const struct report_opts *opts, struct live *live, int64_t now_ns);
/* Free what O owns; what it still owes is lost. */
void output_release(struct output *o);
/* Write LINES to standard error at once, with the progress line erased and drawn again. */
void output_say(struct output *o, const struct str *lines);
/* Write LINES to standard output: at once and as output_say() does if it is a terminal, else with
 * the next output_flush(). */
void output_print(struct output *o, const struct str *lines);
/* Write what standard output is owed; once that has failed, O->ERROR says why, and drop it. */
void output_flush(struct output *o);
/* Draw the progress line if it is due. */
void output_tick(struct output *o, int64_t now_ns);
/* Erase the progress line and draw it no more, or, with PAUSED false, as before. */
void output_pause(struct output *o, bool paused);

#endif
