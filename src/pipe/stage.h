/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stage: something that bytes pass through.  Three kinds, one table of operations:
 *
 *   command    a child process; works on the two descriptors themselves
 *   function   a thread of ours that reads an in and writes an out
 *   tap        shown each block in passing by whoever moves it (taps.h)
 *
 * Every slot of the table is filled in every stage, so that a wrapper, which copies the table's
 * meaning and overrides some of it, cannot lose one.  Life of a stage, all but feed() and end() in the
 * thread that drives the pipeline:
 *
 *   made -> ports() -> start() -> ended, by stage_set_ended() -> verdict(), once -> free()
 *                          stop() at any time, any number of times
 */
#ifndef DECANT_STAGE_H
#define DECANT_STAGE_H

#include "pipe/loop.h"
#include "pipe/port.h"
#include "pipe/stream.h"
#include "pipe/taps.h"
#include "pipe/verdict.h"

#include <sys/types.h>

struct stage;

/* Something that happens to a stage while it runs; borrowed during the call. */
struct stage_note {
	enum {
		NOTE_PEAK,      /* the most memory that a command's processes had, in PEAK */
		NOTE_OVER,      /* it passed its memory limit and has been killed */
		NOTE_NO_SAMPLE, /* its memory could not be read twice in a row */
	} kind;

	const char *stage; /* name of the stage */
	int64_t peak;      /* bytes; PEAK and OVER */
	int64_t limit;     /* bytes, 0 = none */
	int samples;       /* times that memory was read */
	int errors;        /* times that it could not be */
};

/* One addition to the environment of commands; a list, the newest first, for whom the newest wins. */
struct stage_env {
	const struct stage_env *older; /* the rest, or NULL; borrowed */
	const char *setting;           /* "NAME=value"; without '=': NAME is removed; borrowed */
};

/* What a pipeline lends its stages; const, and valid until their verdict(). */
struct stage_run {
	struct loop *loop;           /* where they wait */
	struct cancel *cancel;       /* asked before each blocking wait */
	struct bufs *bufs;           /* blocks for streams */
	const struct stage_env *env; /* settings for commands, or NULL */
	int dir;                     /* directory to run commands in, or AT_FDCWD */
	bool keeps_group;            /* commands stay in our process group: we are on a terminal */
	bool keeps_tail;             /* what commands say on stderr is kept, not shown */
	void (*note)(void *arg, const struct stage_note *n); /* told what happens; never NULL */
	void *note_arg;                                      /* for NOTE */
};

/* Why a stage is stopped. */
enum stop_why {
	STOP_CANCELED, /* the run was canceled */
	STOP_DEADLINE, /* its time is up */
	STOP_MEMORY,   /* it passed its memory limit: killed at once */
	STOP_FAILED,   /* another stage of its pipeline could not be started */
};

/* What a kind of stage can do; every slot is filled. */
struct stage_ops {
	/* Say what both sides want.  Pure; before start(). */
	void (*ports)(const struct stage *s, struct port *in, struct port *out);
	/*
	 * Start.  Takes IN and OUT, whatever the result: they are closed by the stage, at the latest
	 * by verdict().  NULL = there is none.  stage_set_ended() is called, by the loop or at
	 * once, when verdict() will not block.  Fails with what could not be had; the stage has
	 * ended then.
	 */
	struct err (*start)(
	    struct stage *s, const struct stage_run *run, struct in *in, struct out *out);
	/* Taps: look at SPAN, make it shorter.  The moving thread.  Others: never called. */
	struct err (*feed)(struct stage *s, struct span *span);
	/* Taps: the stream has ended, whole or broken off.  The moving thread.  Others: never called. */
	struct err (*end)(struct stage *s, bool whole);
	/* Ask it to end soon; it ends through the loop, and its verdict says WHY, the first one, if that
	 * is what ended it.  Idempotent; harmless before and after. */
	void (*stop)(struct stage *s, enum stop_why why);
	/* How it ended: reaps, joins, closes; once, after it has ended. */
	void (*verdict)(struct stage *s, struct verdict *v);
	/* The process that leads a running command, 0 = none. */
	pid_t (*leader)(const struct stage *s);
	/* Free S, which does not run. */
	void (*free)(struct stage *s);
};

/* The part that all stages have; first in each of them. */
struct stage {
	const struct stage_ops *ops; /* never NULL */
	const char *name;            /* for people, e.g. "zstd -3"; owned by the stage */

	enum {
		STAGE_COMMAND,  /* a child process */
		STAGE_FUNCTION, /* a thread */
		STAGE_TAP       /* neither */
	} kind;                 /* how it is carried out */

	bool identity;       /* output = input and nobody looks: it may be left out */
	struct stage *outer; /* the wrapper that stands for it, which ends with it; NULL = none */
	bool started;        /* start() was called: a stage is used once */
	bool ended;          /* verdict() will not block; driving thread only */
};

/* S and the wrappers around it have ended: how every stage says so.  Driving thread. */
void stage_set_ended(struct stage *s);
/* Free S through its table; NULL is fine. */
void stage_free(struct stage *s);

/* A slot of stages that are no taps; aborts. */
struct err stage_feed_never(struct stage *s, struct span *span);
/* Likewise. */
struct err stage_end_never(struct stage *s, bool whole);
/* A slot of stages that end by themselves as soon as their streams do. */
void stage_stop_nothing(struct stage *s, enum stop_why why);
/* A slot of stages that are no processes. */
pid_t stage_no_leader(const struct stage *s);
/* The start of a tap: it has nothing to start; verdict() will not block, and comes after end(). */
struct err stage_start_tap(
    struct stage *s, const struct stage_run *run, struct in *in, struct out *out);

#endif
