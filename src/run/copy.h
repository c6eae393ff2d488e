/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb copy: cp's operands and options, carried out by the one engine. */
#ifndef DECANT_COPY_H
#define DECANT_COPY_H

#include "engine/engine.h"
#include "report/report.h"
#include "run/hashing.h"
#include "run/parts.h"
#include "sys/meta.h"
#include "tree/filter.h"
#include "tree/plan.h"

enum {
	COPY_TO_MAX = 15 /* further destinations; arbitrary */
};

/* What one run of `copy` was asked to do; const once the run starts.  Pointers into argv are
 * borrowed. */
struct copy_opts {
	struct plan_opts plan;       /* policy for existing files */
	struct engine_opts engine;   /* reflink and sparse */
	struct keep keep;            /* attributes to keep */
	struct walk_opts walk;       /* the walk */
	struct report_opts report;   /* output */
	struct hash_algos hash;      /* digests to make of what is written */
	struct through_opts through; /* commands that content goes through */
	const char **to;             /* [n_to], directories that get all copies too; owned array */
	size_t n_to;                 /* number of them, at most COPY_TO_MAX */
	int64_t bwlimit;             /* bytes a second that may be written, 0 = any */
	enum durability fsync;       /* durability */
	enum readback_when verify;   /* whether what was written is read back */
	int jobs;                    /* workers, 0 = chosen by the program */
	bool dry_run;                /* change nothing */
	bool default_mode;           /* --no-preserve=mode: new files get 0666 less the umask */
	bool parents;                /* recreate the whole source path below DEST */
	bool strip_slashes;          /* remove trailing slashes from each SOURCE */
	bool makes_dest;             /* DEST is made, as a directory, where sources need one */
	bool contents;               /* the one source stands for what is in it */
	bool no_target_dir;          /* -T: DEST is the thing itself */
	const char *target_dir;      /* -t DIR, or NULL */
	const char *suffix;          /* suffix of simple backups, never NULL nor empty */
	struct select_opts select;   /* what to leave out, or what to copy alone */
	const char
	    *manifest;     /* --manifest: write one to this file, or NULL; HASH is not empty then */
	const char *known; /* --known: a manifest of before, or NULL; HASH is not empty then */
	char **operands;   /* operands [n_operands]: sources, and without -t then DEST */
	size_t n_operands; /* number of them; with --files-from at most one source */
};

/*
 * Carry out OPTS.  Main thread; SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGPIPE are blocked.
 * Every failure has been reported when it returns; the result is the exit status, or 128 + n
 * after signal n, which the caller re-raises.
 */
int copy_run(struct copy_opts *opts);

#endif
