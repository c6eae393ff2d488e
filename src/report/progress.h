/* SPDX-License-Identifier: BSD-2-Clause */
/* The one line that says how far a run is: figures, layout, and when to draw it. */
#ifndef DECANT_PROGRESS_H
#define DECANT_PROGRESS_H

#include "base/str.h"
#include "report/report.h"

/* What a progress line says; the sum of live counters and their history. */
struct progress_figures {
	int64_t items_found; /* entries seen by the walk */
	int64_t items_done;  /* entries finished */
	int64_t bytes_found; /* content seen */
	int64_t bytes_done;  /* content moved */
	bool walked;         /* the figures found are totals */
	bool cloned;         /* most content was cloned: bytes a second would be silly */
	int percent;         /* how far, never less than before; only when WALKED */
	int64_t byte_rate;   /* bytes a second of late */
	int64_t item_rate;   /* entries a second of late */
	int64_t elapsed_s;   /* seconds since the start */
	int64_t left_s;      /* seconds to go, -1 = unknown */
};

enum {
	/* Samples of the history, one a second; chosen: long enough to smooth one slow file, short
	 * enough to follow a change of file sizes. */
	PROGRESS_SAMPLES = 16
};

/* The counters at one moment. */
struct progress_sample {
	int64_t at_ns; /* when */
	int64_t bytes; /* content moved by then */
	int64_t items; /* entries finished by then */
};

/* When and what to draw.  Not locked: the report's mutex guards it. */
struct progress {
	const struct report_opts *opts;                   /* borrowed */
	struct live *live;                                /* borrowed */
	int64_t start_ns;                                 /* when the run began */
	int64_t whole_ns;                                 /* when the last whole line was written */
	int percent;                                      /* the highest shown so far */
	bool shown;                                       /* a line was drawn at some time */
	bool drawn;                                       /* a line is on the terminal now */
	bool paused;                                      /* draw nothing for now */
	struct progress_sample samples[PROGRESS_SAMPLES]; /* a ring */
	size_t n_samples;                                 /* samples ever taken */
};

/* Prepare P for a run that begins NOW_NS; borrows OPTS and LIVE. */
void progress_init(
    struct progress *p, const struct report_opts *opts, struct live *live, int64_t now_ns);
/* Read the counters. */
struct progress_figures progress_read(struct progress *p, int64_t now_ns);
/* Append what must be written to standard error at NOW_NS, if anything is due. */
void progress_tick(struct progress *p, int64_t now_ns, struct str *out);
/* Append what erases the line, if there is one. */
void progress_erase(struct progress *p, struct str *out);
/* Append what draws the line again after progress_erase(); nothing if no line is due. */
void progress_redraw(struct progress *p, int64_t now_ns, struct str *out);
/* Append one line for F of at most COLUMNS columns, without a newline; parts that do not fit are
 * left out, the least important first. */
void progress_line(struct str *out, const struct progress_figures *f, int columns);

#endif
