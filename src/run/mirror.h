/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run that compares knows beyond its options, shared by its workers. */
#ifndef DECANT_MIRROR_H
#define DECANT_MIRROR_H

#include "base/map.h"
#include "base/str.h"
#include "run/mark.h"
#include "run/sync.h"

#include <pthread.h>

/* The state of one sync. */
struct mirror {
	struct sync_opts *opts; /* what was asked for; const once the workers run */
	int lock_fd;            /* DEST, locked; -1 = it is not */
	int backup_fd;          /* where backups go, -1 = beside what they are of */
	struct stat backup;     /* it */
	atomic_size_t linked;   /* new files that were linked to an earlier tree's */
	struct mark mark;       /* of this run, or an earlier one, in DEST; locks itself */
	struct rules *rules;    /* rules of the command line */
	char **texts;           /* names that rules borrow [n_texts], owned */
	size_t n_texts;         /* number of them */
	struct extras *extras;  /* what has no source; locks itself */
	bool braked;            /* it stays there, for a brake holds */
	/* Files that the run itself needs, and so no extras [n_needed]; borrowed. */
	const struct stat *needed;
	size_t n_needed; /* number of them */
	pthread_mutex_t lock;
	/* --- guarded by lock --- */
	struct map claims;  /* destination inodes with several names: which source has which */
	struct map renewed; /* source inodes that a dry run would have got a new file of */
	struct str hollow; /* paths of directories that may go, NUL-terminated each, see hollow.h */
			   /* --- end of guarded --- */
};

/* Prepare M, which is zero but for OPTS.  Fails with MEMORY. */
struct err mirror_init(struct mirror *m);
/* Keep TEXT, which M owns from now on, even if this fails, until mirror_release().  Main thread. */
[[nodiscard]] bool mirror_keep_text(struct mirror *m, char *text);
/* Free what M holds. */
void mirror_release(struct mirror *m);
/* Say that a name of source inode SRC stands under a name of destination inode DST.  *OURS: the inode
 * is that source's alone in this run.  DST->st_nlink becomes what it would be by now if this were no dry
 * run.  Any thread.  Fails with MEMORY. */
struct err mirror_claim(struct mirror *m, const struct stat *src, struct stat *dst, bool *ours);
/* Say that such a name is about to be replaced, or in a dry run would be.  Any thread. */
void mirror_leave(struct mirror *m, const struct stat *dst);
/* Say in a dry run that source inode SRC would get a new file, to which its other names would then be
 * linked.  Any thread.  Fails with MEMORY. */
struct err mirror_renew(struct mirror *m, const struct stat *src);
/* Whether that was said of SRC.  Any thread. */
bool mirror_is_renewed(struct mirror *m, const struct stat *src);

#endif
