/* SPDX-License-Identifier: BSD-2-Clause */
/* What pairs of file systems have refused, so that a tree never asks twice. */
#ifndef DECANT_REFUSALS_H
#define DECANT_REFUSALS_H

#include "base/err.h"
#include "base/moved.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

enum {
	/* Pairs and devices remembered.  Arbitrary; more than the mounts that a tree usually has.
	 * What finds no room is asked again for each file, at 0.3 us, and never wrongly answered:
	 * a btrfs with many subvolumes, each of which has its own st_dev, may come to that. */
	REFUSALS_CAP = 64
};

/* The two ends of a move: st_dev of each.  Unequal devices may still share extents (btrfs
 * subvolumes do), so nothing is concluded from the numbers, only from what the kernel answered. */
struct dev_pair {
	dev_t src; /* st_dev of the source */
	dev_t dst; /* st_dev of the destination */
};

/* What one pair has answered. */
struct refusals_pair {
	struct dev_pair devs;      /* the key; immutable once counted */
	atomic_int code[METHOD_N]; /* errno with which a method was refused, 0 = not yet */
};

/* What kind of file system one device is. */
struct refusals_dev {
	dev_t dev;       /* the key; immutable once counted */
	unsigned traits; /* enum fs_trait bits; immutable once counted */
};

/*
 * Shared by the workers of a run.  The caller provides the storage.
 * Tables only grow: an entry is filled in before its count is raised, so that readers need no lock.
 */
struct refusals {
	atomic_int process[METHOD_N];             /* ENOSYS once the system call does not exist */
	atomic_uint pair_count;                   /* entries of PAIRS that may be read */
	atomic_uint dev_count;                    /* entries of DEVS that may be read */
	struct refusals_pair pairs[REFUSALS_CAP]; /* what pairs answered */
	struct refusals_dev devs[REFUSALS_CAP];   /* what devices are */
	pthread_mutex_t lock;                     /* held to add an entry */
};

/* Prepare R, knowing nothing.  Never fails. */
void refusals_init(struct refusals *r);

/* Release what R holds.  After the last thread that uses R is joined. */
void refusals_release(struct refusals *r);

/* The errno with which DEVS refused M, 0 when it has not.  Any thread; lock-free. */
int refusals_get(const struct refusals *r, struct dev_pair devs, enum method m);

/* True when CODE is the answer of the pair DEVS, or of the kernel, to every file; false when it
 * may be about one file.  EXDEV of one and the same device is about mounts (before Linux 5.19), of
 * which st_dev says nothing.  Pure. */
bool refusal_lasts(struct dev_pair devs, int code);

/* Remember that DEVS refused M with CODE, if that lasts.  Any thread. */
void refusals_note(struct refusals *r, struct dev_pair devs, enum method m, int code);

/* The enum fs_trait bits of device DEV, of which FD is a file on SIDE; asks the kernel for the
 * first file of a device only.  0 when it cannot be known.  Any thread; lock-free but for that. */
unsigned refusals_traits(struct refusals *r, dev_t dev, int fd, enum err_side side);

#endif
