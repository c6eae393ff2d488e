/* SPDX-License-Identifier: BSD-2-Clause */
/* What the jobs of one run share, and what each worker has to itself. */
#ifndef DECANT_RUN_H
#define DECANT_RUN_H

#include "base/str.h"
#include "run/copy.h"
#include "run/hashing.h"
#include "sys/dir.h"
#include "thread/bufs.h"
#include "thread/cancel.h"
#include "thread/pace.h"
#include "thread/sched.h"
#include "tree/entry.h"
#include "tree/links.h"

/* What one worker has to itself; no lock guards it. */
struct worker {
	struct run *run;             /* the run it works for */
	const struct engine *engine; /* the run's, but for a moment in carry_cloned(); borrowed */
	void *buf;                   /* its buffer of the pool, borrowed for the whole run */
	char *list_buf;              /* DIR_BUF_SIZE bytes for one listing, owned */
	struct meta_names names;     /* attribute names of the file at hand */
	struct meta_names others;    /* likewise of the file it is compared with */
	struct hashing hashing;      /* digests of the file at hand, if the run makes any */
	struct hashing readback;     /* one digest of the file that is read back, with --verify */
	struct str hash;             /* likewise, as events carry them; "" = none */
	struct filepipe *pipe;       /* what runs commands, if content goes through any; owned */
	struct fanout
	    *fanout; /* the file at hand and where it goes, of several destinations; borrowed */
	struct sides *spare;  /* empty, for the next directory that is compared, or NULL; owned */
	struct counts counts; /* what it did; merged when it is joined */
	struct str src, dst, rel; /* paths, built only when somebody is to read them */
	struct str why;           /* what differs, likewise */
};

/* One of several destinations. */
struct place {
	struct links *links; /* of the names there; owned but for the first one's */
	atomic_bool dead;    /* it is full, gone or read-only: nothing more goes there */
};

/* What any verb that walks trees was asked to do; const once the run starts.  Everything is borrowed. */
struct request {
	const struct walk_opts *walk;       /* the walk */
	const struct select_opts *select;   /* what to leave out, or what to work on alone */
	const struct engine_opts *engine;   /* how content is moved; NULL = it is not */
	const struct hash_algos *hash;      /* digests to make of each file; NULL = none */
	const struct through_opts *through; /* commands that each file goes through; NULL = none */
	enum readback_when readback;        /* --verify; HASH is not NULL then */
	struct hash_algos readback_by;      /* the first of HASH alone */
	bool hash_unshared;                 /* HASH is made only to read back: clones need none */
	const char *const *to;              /* [n_to], directories that get all that DEST gets */
	size_t n_to;                        /* number of them */
	struct report_opts *report;         /* output */
	int64_t bwlimit;                    /* bytes a second that may be written, 0 = any */
	int jobs;                           /* workers, 0 = chosen by the program */
	bool one_at_a_time;                 /* one worker: it asks questions */
	bool dry_run;                       /* change nothing */
	bool one_tree;                      /* paths are told relative to the operand */
	char **operands;                    /* [n_operands] */
	size_t n_operands;                  /* number of them */
};

/* One run.  Const once the workers have started, but for what locks itself. */
struct run {
	struct request request; /* what was asked for, whatever the verb */
	const struct copy_opts
	    *copy;             /* what was asked of a directory as sink; NULL for other sinks */
	struct ledger *ledger; /* what is known of each entry; NULL = nobody asks */
	struct inodes *inodes; /* digests of files with several names, or NULL; locks itself */
	struct known *known;   /* what was known before; NULL = nothing */
	bool rooted;           /* paths in manifests begin below the one operand */
	const struct verifying *verify; /* what a comparison shares; NULL for other verbs */
	struct hash_run *hash;          /* what the verb hash needs besides; NULL for others */
	struct mirror *mirror;          /* what a sync knows; NULL for other verbs */
	const struct sink *sink;        /* what becomes of the entries */
	struct filter *filter;          /* what is left out, or NULL; owned */
	struct report *report;          /* locks itself */
	struct live *live;              /* its live figures, atomics */
	struct sched *sched;            /* locks itself */
	struct nodes *nodes;            /* locks itself */
	struct links *links;            /* locks itself */
	struct likepairs *likepairs;    /* locks itself */
	struct bufs *bufs;              /* locks itself */
	struct cancel cancel;           /* locks itself */
	struct place *places;           /* [n_places], owned; NULL = there is one destination */
	size_t n_places;                /* number of them, the first one included, or 0 */
	struct refusals refusals;       /* locks itself */
	struct pace *pace;              /* how fast content may be written, locks itself; or NULL */
	struct pace pacing;             /* what PACE is, if it is anything */
	struct engine engine;           /* borrows OPTS, REFUSALS and CANCEL */
	struct node *base;      /* the directory that operands go into; NULL before it is known */
	struct worker *workers; /* n_workers + 1: the last one is the main thread's */
	unsigned n_workers;     /* worker threads */
	size_t node_budget;     /* descriptors that a pool of nodes keeps open; each of two may */
	bool started;           /* the workers run */
	char *base_path;        /* owned text that BASE and its names point into, or NULL */
	mode_t umask;           /* of the process */
	uid_t uid;              /* effective user */
	gid_t gid;              /* effective group */
	bool wants_items;       /* somebody renders each entry */
	bool wants_unchanged;   /* and even those that are left as they are */
	int sigfd;              /* signals */
	int done_fd;            /* readable when the workers are done */
	atomic_bool *claims;    /* names of a list that workers carry, see feed.c; owned, or NULL */
	int64_t stop_ns;        /* when nothing new is started any more, 0 = never */
	atomic_uint unread;     /* directories of the source not read, or not to the end */
	atomic_bool faulty;     /* something was told to have failed, or to have gone away */
	atomic_bool stopped;    /* a fatal error was told: no second one is */
	int signal;             /* the signal that ended the run, 0 = none */
	/* What W does when there are no more jobs, NULL = nothing; set by the verb. */
	void (*retire)(struct worker *w);
};

/* What a verb adds to a run. */
struct run_steps {
	/* Hand the operands to the workers; failures have been told. */
	void (*give)(struct run *run);
	/* All has been carried and every directory finished: what is left to do; likewise. */
	void (*conclude)(struct run *run);
};

/*
 * Carry out RUN, of which the request, the sink and what the sink needs are set, the rest zero: prepare,
 * give, wait, conclude, report, in this order.  Main thread.  The result is the exit status, or 128 + n
 * after signal n.
 */
int run_carry_out(struct run *run, const struct run_steps *steps);
/* Start the workers unless they run; only once there is work for them, so that copying one small file
 * starts none.  What fails has been told.  Main thread. */
struct err run_start_workers(struct run *run);
/* All workers, unless they would hinder each other at this destination and none was asked for. */
unsigned run_crew_size(const struct run *run);
/* Close S and wait until its jobs are done, which makes FD readable; its workers are joined then.  Main
 * thread. */
void run_await(struct run *run, struct sched *s, int fd);
/* Handle signals and progress for at most TIMEOUT_MS; true when the workers are done.  Main thread. */
bool run_pump(struct run *run, int timeout_ms);
/* Likewise; true when descriptor FD is readable. */
bool run_pump_until(struct run *run, int fd, int timeout_ms);

#endif
