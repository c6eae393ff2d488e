/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb sync: a tree kept equal to another, by comparing first. */
#ifndef DECANT_SYNC_H
#define DECANT_SYNC_H

#include "run/copy.h"
#include "run/rewrite.h"
#include "tree/compare.h"

/* What may be deleted. */
struct delete_opts {
	bool on;            /* --delete: extras go */
	bool excluded;      /* --delete-excluded: what is left out is no reason to stay */
	bool ignore_errors; /* --ignore-errors: errors are no reason to stay */
	bool force;     /* --force: a full directory makes way for a file without --delete too */
	bool max_given; /* --max-delete was given */
	bool percent;   /* it is a share of all entries */
	int64_t max;    /* so many entries, or percent of them, at most */
};

/* An earlier tree that new files may be found in, by their path. */
struct basis_opt {
	enum {
		BASIS_LINK,    /* --link-dest: link to a file that is equal in all */
		BASIS_COMPARE, /* --compare-dest: leave such a file out */
		BASIS_COPY, /* --copy-dest: copy such a file, as is done anyhow where all is local */
		BASIS_CLONE /* --clone-dest: share the data of a file whose content is equal */
	} kind;             /* what is done with what is found */

	const char *path; /* relative to DEST */
	int fd;           /* it, open; -1 = it is not there */
};

/* What is left out beside what rules say; the texts are borrowed from argv. */
struct ignore_opts {
	const char *
	    *files; /* names of files in gitignore's language that directories may have [n_files] */
	size_t n_files;      /* number of them */
	const char **marks;  /* names whose presence leaves a directory out [n_marks] */
	size_t n_marks;      /* number of them */
	bool caches;         /* directories with a CACHEDIR.TAG are left out */
	bool max_size_given; /* files larger than MAX_SIZE are left out */
	bool newer_given;    /* files that were changed before NEWER_S are */
	int64_t max_size;    /* bytes */
	int64_t min_size;    /* files smaller than this are left out */
	int64_t newer_s;     /* seconds since 1970 */
};

/* What one run of `sync` was asked to do; const once the run starts.  Pointers into argv are borrowed. */
struct sync_opts {
	struct copy_opts copy; /* first: what is done with what differs, and all that is shared */
	struct compare_opts compare; /* what differs */
	struct delete_opts del;      /* what has no source */
	struct rewrite rewrite;      /* modes and owners other than the source's; owned */
	struct basis_opt *bases;     /* earlier trees, in the order given [n_bases]; owned */
	size_t n_bases;              /* number of them */
	struct ignore_opts ignore;   /* what is left out; its arrays are owned */
	const char *archive; /* the one SOURCE, an archive that stands for what is in it, or NULL */
	const char *why;     /* --why: say what decides about this name, do nothing; or NULL */
	bool require_sharing;   /* --require-sharing: new files that share nothing are a failure */
	const char *backup_dir; /* --backup-dir: where backups go, relative to DEST, or NULL */
	bool backup_suffix;     /* their names there end in the suffix */
	bool remove_source;     /* --remove-source-files: files that are there go here */
	bool inplace;           /* --inplace: existing files are updated as they stand */
	bool partial; /* --partial: big files that are not finished stay, for the next run */
	bool lock;    /* --lock: one run at a time into DEST */
	int64_t stop_after_ms; /* --stop-after: start nothing new after so long; 0 = for ever */
	bool prune_empty;      /* --prune-empty-dirs: directories without files are none */
	bool contents;         /* --contents: a SOURCE stands for what is in it, slash or not */
	bool ignore_missing;   /* --ignore-missing-args: a SOURCE that is not there is none */
};

/*
 * Carry out OPTS.  Main thread; SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGPIPE are blocked.
 * Every failure has been reported when it returns; the result is the exit status, or 128 + n
 * after signal n, which the caller re-raises.
 */
int sync_run(struct sync_opts *opts);

#endif
