/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes events from any thread, renders them, counts them and computes the exit status. */
#ifndef DECANT_REPORT_H
#define DECANT_REPORT_H

#include "report/event.h"

#include <time.h>

/* Exit statuses; UX.md section 4 freezes them. */
enum exit_code {
	EXIT_DONE = 0,         /* done as asked */
	EXIT_PARTIAL = 1,      /* finished, but some items failed */
	EXIT_USAGE = 2,        /* nothing was touched */
	EXIT_STOPPED = 3,      /* destination full, gone or read-only; a source root unreadable */
	EXIT_UNQUIET = 4,      /* the source changed while read (or vanished, with --strict) */
	EXIT_REFUSED = 5,      /* a brake held, a limit was hit, a lock is held */
	EXIT_INTEGRITY = 6,    /* a digest differs, an archive or manifest is damaged */
	EXIT_CANNOT_RUN = 126, /* a command could not be run, as shells say it */
	EXIT_NOT_FOUND = 127,  /* a command was not found, likewise */
};

/* When to show the progress line. */
enum progress_when {
	PROGRESS_AUTO,   /* on a terminal, once the run passes one second */
	PROGRESS_ALWAYS, /* at once; without a terminal whole lines every 30 s; JSON each second */
	PROGRESS_NEVER,  /* not at all */
};

/* When to color the mark of an itemized line and the first word of a message. */
enum color_when {
	COLOR_AUTO,   /* on a terminal, unless the environment says otherwise */
	COLOR_ALWAYS, /* even into a file */
	COLOR_NEVER,  /* not at all */
};

/* Which source names go to standard output, each ended by NUL. */
enum print0 {
	PRINT0_NONE,    /* none */
	PRINT0_DONE,    /* those that stand complete under their final name */
	PRINT0_SKIPPED, /* those that were left alone */
	PRINT0_FAILED,  /* those that failed */
};

/* The system as the report needs it; run/ fills it, tests fake it. */
struct report_io {
	/* Write BYTES[len] to standard output (1) or standard error (2), whole. */
	struct err (*write)(int fd, const void *bytes, size_t len);
	/* Make TEXT[len] appear under PATH, complete or not at all (--report=FILE). */
	struct err (*publish)(const char *path, const char *text, size_t len);
	/* Wait for an answer on standard input; true = yes.  Called without the report's lock. */
	bool (*agreed)(void);
	/* The monotonic clock. */
	int64_t (*now_ns)(void);
	struct timespec started; /* the wall clock when the run began, for the start event */
	bool stdout_is_tty;      /* standard output is a terminal */
	bool stderr_is_tty;      /* standard error is a terminal */
	bool stdout_is_data; /* standard output carries data: all that is printed goes to stderr */
	bool stdout_colored; /* color goes to standard output */
	bool stderr_colored; /* color goes to standard error */
	bool dumb;           /* TERM is dumb or unset: the terminal cannot erase a line */
	int columns;         /* width of the terminal on standard error, 0 = unknown */
};

/* What the renderers obey; fixed before report_new(). */
struct report_opts {
	struct report_io io;       /* the system; all functions set */
	const char *version;       /* of the program, for the start event */
	const char *program;       /* prefix of messages: "decant", or "cp" when called so */
	const char *verb;          /* "copy" */
	bool verbose;              /* -v: one 'source' -> 'destination' line an entry */
	bool itemize;              /* --itemize and --dry-run: one itemized line an entry */
	bool unchanged;            /* itemize and JSON name unchanged entries too (-vv) */
	bool explain;              /* --explain: means and reason behind each entry */
	bool quiet;                /* -q: no warnings, no summary; errors stay */
	bool json;                 /* --json: one object a line on stdout */
	bool stats;                /* --stats: the summary on stderr in every case */
	const char *verified_with; /* the digest by which content is read back, or NULL */
	bool compares;             /* the verb compares: its items are differences */
	bool dry_run;              /* nothing is done; the words say "would" */
	bool strict;               /* a vanished source is exit 4 */
	bool resumes;              /* the same command again skips what is finished: hint at it */
	char end;                  /* byte that ends an itemized or -v line: '\n', or NUL with -0 */
	enum progress_when progress; /* when to show the progress line */
	enum color_when color;       /* what was asked for; IO says what came of it */
	enum print0 print0;          /* names on stdout instead of lines */
	int jobs;                    /* workers, for the start event */
	const char *file;            /* --report=FILE, or NULL: errors and summary as JSON lines */
	const char *const *srcs;     /* source operands [n_srcs], for the start event */
	size_t n_srcs;               /* number of them */
	const char *dst;             /* destination operand, for the start event and the messages */
};

/* Live figures that the progress line reads without a lock; workers add to it. */
struct live {
	_Atomic int64_t items_found;  /* entries that the walk has seen */
	_Atomic int64_t items_done;   /* entries finished, failed ones too */
	_Atomic int64_t bytes_found;  /* content of files seen so far */
	_Atomic int64_t bytes_done;   /* content moved so far, cloned and holes too */
	_Atomic int64_t bytes_cloned; /* cloned content among it */
	_Atomic bool walked;          /* the walk is done: the figures found are totals */
};

/* A report of one run.  Any thread may emit; one mutex inside. */
struct report;

/* Make a report; borrows OPTS until report_free().  NULL = out of memory. */
[[nodiscard]] struct report *report_new(const struct report_opts *opts);
/* Free R; prints nothing.  NULL is fine. */
void report_free(struct report *r);
/* The live figures of R, for workers to add to. */
struct live *report_live(struct report *r);
/* True when some renderer wants an EVENT_ITEM of every entry; if false, item events may be left
 * out and only counted (report_count). */
bool report_wants_items(const struct report *r);
/* Likewise of every entry that is left as it is. */
bool report_wants_unchanged(const struct report *r);
/* Print the start event (JSON only).  Main thread, once. */
void report_start(struct report *r);
/* Render EV at once and count it for the exit status.  ITEM events are NOT counted: their worker
 * counts them and hands the sums to report_count().  ERROR raises 1, when fatal 3, when the source
 * changed 4; VANISHED raises 4 with STRICT; LOST and NOTE raise nothing.  Any thread. */
void report_emit(struct report *r, const struct event *ev);
/* Add a worker's counts.  Its failed, vanished, changed and lost are left out: report_emit() has
 * counted those events.  Any thread. */
void report_count(struct report *r, const struct counts *c);
/* Redraw the progress line if it is due and flush standard output.  Main thread, about five times
 * a second. */
void report_tick(struct report *r);
/* Print one line of status on stderr now (SIGUSR1).  Main thread. */
void report_status(struct report *r);
/* Ask whether SHOWN, a name that is quoted already, may be overwritten, and wait for the answer;
 * one question at a time, the progress line stays away meanwhile.  Any worker thread.  Blocks. */
bool report_ask(struct report *r, const char *shown);
/* Ask for an exit status of at least CODE in the order 127 126 6 3 5 4 1 0.  Any thread. */
void report_raise(struct report *r, enum exit_code code);
/*
 * End the report: erase the progress line, print the summary and the grouped errors, publish
 * --report=FILE, flush standard output.  Main thread, once, after the workers are joined.
 * SIGNAL is the signal that ended the run, 0 = none.  Returns the exit status: an enum exit_code,
 * or 128 + SIGNAL.  A report file or standard output that could not be written is named on stderr
 * and raises it to 3; a reader that closed standard output (EPIPE) is quiet.
 */
int report_finish(struct report *r, int signal);

#endif
