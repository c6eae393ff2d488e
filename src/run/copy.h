/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb copy: cp's operands and options, carried out by the one engine. */
#ifndef DECANT_COPY_H
#define DECANT_COPY_H

#include "engine/engine.h"
#include "report/report.h"
#include "sys/meta.h"
#include "tree/filter.h"
#include "tree/plan.h"

/* Which symbolic links of the source are followed. */
enum follow {
	FOLLOW_NONE, /* -P */
	FOLLOW_ARGS, /* -H: those named on the command line */
	FOLLOW_ALL,  /* -L */
};

/* What the walk obeys. */
struct walk_opts {
	bool recursive;       /* go into directories */
	enum follow follow;   /* which symbolic links to follow */
	bool one_file_system; /* -x: mount points are made, not entered */
	bool copy_contents;   /* read special files as data */
	const struct filter
	    *filter; /* what to leave out; borrowed, set by copy_run(); NULL = nothing */
};

/* One option that says what to leave out; the last rule that matches an entry decides. */
struct filter_rule {
	enum {
		RULE_EXCLUDE, /* --exclude: leave out what TEXT matches */
		RULE_INCLUDE, /* --include: keep what TEXT matches */
		RULE_FILE     /* --exclude-from: the rules are in the file named TEXT */
	} kind;               /* what TEXT is */

	const char *text; /* a pattern or the name of a file; borrowed from argv */
};

/* When written data is made durable. */
enum durability {
	FSYNC_NONE, /* when the kernel likes */
	FSYNC_END,  /* one syncfs of the destination at the end */
	FSYNC_EACH, /* each file before it appears, and its directory */
};

/* What one run of `copy` was asked to do; const once the run starts.  Pointers into argv are
 * borrowed. */
struct copy_opts {
	struct plan_opts plan;     /* policy for existing files */
	struct engine_opts engine; /* reflink and sparse */
	struct keep keep;          /* attributes to keep */
	struct walk_opts walk;     /* the walk */
	struct report_opts report; /* output */
	enum durability fsync;     /* durability */
	int jobs;                  /* workers, 0 = chosen by the program */
	bool dry_run;              /* change nothing */
	bool default_mode;         /* --no-preserve=mode: new files get 0666 less the umask */
	bool parents;              /* recreate the whole source path below DEST */
	bool strip_slashes;        /* remove trailing slashes from each SOURCE */
	bool no_target_dir;        /* -T: DEST is the thing itself */
	const char *target_dir;    /* -t DIR, or NULL */
	const char *suffix;        /* suffix of simple backups, never NULL nor empty */
	const char *files_from; /* --files-from: a file or "-" that names what to copy, or NULL */
	char files_end;         /* byte that ends a name there: '\n', or NUL with --from0 */
	struct filter_rule
	    *rules;        /* rules in the order given [n_rules]; owned, see cli_release() */
	size_t n_rules;    /* number of them */
	char **operands;   /* operands [n_operands]: sources, and without -t then DEST */
	size_t n_operands; /* number of them; with files_from at most one source */
};

/*
 * Carry out OPTS.  Main thread; SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGPIPE are blocked.
 * Every failure has been reported when it returns; the result is the exit status, or 128 + n
 * after signal n, which the caller re-raises.
 */
int copy_run(struct copy_opts *opts);

#endif
