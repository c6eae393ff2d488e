/* SPDX-License-Identifier: BSD-2-Clause */
/* What came of a run: its counts, its errors by group, and its exit status, computed here alone. */
#ifndef DECANT_OUTCOME_H
#define DECANT_OUTCOME_H

#include "base/str.h"
#include "report/report.h"

enum {
	GROUP_NAMES = 3 /* names shown of one group of errors; UX.md section 5 */
};

/* The errors of one group. */
struct error_group {
	int64_t count;    /* errors in it */
	struct str names; /* the first GROUP_NAMES names, shown safely, joined by ", " */
};

/* What came of a run.  Not locked: the report's mutex guards it. */
struct outcome {
	struct counts counts;                   /* sums of all workers, and of error events */
	struct error_group groups[ERR_GROUP_N]; /* errors by group */
	enum exit_code exit;                    /* the highest that was asked for */
	int64_t span_ns;                        /* time the run took; set when it ends */
	int signal;                             /* the signal that ended it, 0 = none */
};

/* Prepare O. */
void outcome_init(struct outcome *o);
/* Free what O owns. */
void outcome_release(struct outcome *o);
/* Count an ERROR, LOST or VANISHED event; others are nobody's failure. */
void outcome_count(struct outcome *o, const struct event *ev, bool strict);
/* Ask for an exit status of at least CODE in the order 127 126 6 3 5 4 1 0. */
void outcome_raise(struct outcome *o, enum exit_code code);
/* The status to exit with: 128 + signal, or the highest asked for. */
int outcome_status(const struct outcome *o);
/* The result as JSON prints it, one word, e.g. "partial"; static storage. */
const char *outcome_result(const struct outcome *o);
/* The result for people, e.g. "some items failed"; static storage. */
const char *outcome_words(const struct outcome *o);

/* The name that EV's error is about, as a person would type it; NULL = none. */
const char *event_name(const struct event *ev);

#endif
