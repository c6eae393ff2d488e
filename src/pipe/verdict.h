/* SPDX-License-Identifier: BSD-2-Clause */
/* How a stage ended, and which of several ends matters. */
#ifndef DECANT_VERDICT_H
#define DECANT_VERDICT_H

#include "base/err.h"
#include "base/str.h"

/* The ways to end. */
enum verdict_kind {
	VERDICT_OK,       /* done */
	VERDICT_EARLY,    /* done, without reading all its input: that was enough */
	VERDICT_PIPE,     /* nobody reads its output: EPIPE, a closed ring, SIGPIPE */
	VERDICT_ERR,      /* a failure of ours: ERR says which */
	VERDICT_START,    /* it could not be started: ERR says why */
	VERDICT_EXIT,     /* a command exited with CODE, not 0 */
	VERDICT_SIGNAL,   /* a command was killed by signal CODE, and not by us */
	VERDICT_CANCELED, /* stopped by us because the run was canceled */
	VERDICT_DEADLINE, /* stopped by us because its time was up */
	VERDICT_MEMORY,   /* killed by us because it passed its memory limit of CODE MiB */
	VERDICT_N         /* number of kinds */
};

/* The end of one stage.  By value; what it points to is the stage's and lives as long as that. */
struct verdict {
	enum verdict_kind kind; /* how it ended */
	int code;               /* exit status, signal or limit; see above */
	struct err err;         /* ERR, START and PIPE: the failure */
	const char *stage;      /* the stage's name */
	const char *stream;     /* "stdin" or "stdout" when ERR is about closing it, else NULL */
	const char *tail;       /* the last of what a command wrote to stderr, or NULL */
	int64_t max_rss; /* the most memory that a command, or one of its children it waited for,
	                         * had; bytes, 0 = unknown */
};

/* Which ends of a stage are to pass for VERDICT_OK. */
struct verdict_ignore {
	bool pipe; /* VERDICT_PIPE */
	bool any;  /* every failure of the stage itself and its limits, but not a failed start */
	unsigned char exit[32]; /* a bit for each exit status: bit n % 8 of byte n / 8 */
	uint64_t signals;       /* bit n for signal n, 1 to 63 */
};

/* True when V is an end that IG lets pass.  Pure. */
bool verdict_is_ignored(const struct verdict_ignore *ig, const struct verdict *v);
/*
 * Read "pipe", "any", "exit:N" or "signal:NAME|N", one or several joined by commas, into IG, adding
 * to what it has.  "signal:PIPE" includes "pipe", which is how such a command ends.
 * False: TEXT is none of these, IG is then unspecified.
 */
[[nodiscard]] bool verdict_ignore_parse(const char *text, struct verdict_ignore *ig);

/*
 * The index of the verdict that a pipeline of stages ALL[n], first to last, ends with, or -1 when it
 * ends well.  A stage that could not be started wins, because the others were stopped for it; then the
 * earliest failure that is no broken pipe, else the last broken pipe; broken pipes right before a
 * stage that ended EARLY are what it wanted.  Pure.
 */
int verdict_choose(const struct verdict *all, size_t n);
/* True when ALL[0], a pipeline's first stage, ended early or because of later ones that did: what a
 * pipeline as a stage ends with then is EARLY, unless verdict_choose() names a failure.  Pure. */
bool verdict_is_early(const struct verdict *all, size_t n);

/* Append V as people read it, without the stage's name, e.g. "exited with status 3". */
void verdict_words(const struct verdict *v, struct str *out);
/* The name of K as JSON prints it, e.g. "exit"; static storage. */
const char *verdict_kind_name(enum verdict_kind k);
/* The exit status of a pipeline that ended with V: 0, 1, 3, 126, 127 (UX.md section 4), or
 * 128 + n for a run that signal n canceled, which the caller knows and not we. */
int verdict_status(const struct verdict *v);

#endif
