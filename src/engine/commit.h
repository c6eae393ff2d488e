/* SPDX-License-Identifier: BSD-2-Clause */
/* The birth of a file under its final name. */
#ifndef DECANT_COMMIT_H
#define DECANT_COMMIT_H

#include "base/err.h"

#include <limits.h>
#include <sys/stat.h>

/* How a file comes to its name. */
enum commit_how {
	COMMIT_DIRECT,   /* created under its name, which must not exist; removed on failure */
	COMMIT_WHOLE,    /* appears when complete, under a name that must not exist */
	COMMIT_REPLACE,  /* appears when complete, in place of what has the name */
	COMMIT_IN_PLACE, /* the existing file is emptied and rewritten; torn on failure, as cp's */
	COMMIT_THROUGH,  /* likewise, through a symbolic link that a person named */
	COMMIT_UPDATE,   /* the existing file is opened with what it has, for reading too */
};

/* A file on its way; the caller's storage. */
struct commit {
	int dir;             /* directory descriptor, borrowed */
	const char *name;    /* final name below DIR, borrowed */
	int fd;              /* the file, open for writing; -1 = none */
	enum commit_how how; /* how */
	bool nameless;       /* WHOLE and REPLACE: it has no name yet (O_TMPFILE) */
	bool stays;          /* commit_resume(): giving up leaves it */
	bool resumed;        /* commit_resume(): it has what an earlier run left */
	const char *ours;    /* name below DIR that giving up removes: NAME or ASIDE; NULL = none */
	char aside[NAME_MAX + 1]; /* WHOLE and REPLACE: its temporary name below DIR */
};

/*
 * Begin file NAME below DIR with MODE (the umask applies to new files).
 * A temporary name is derived from NAME alone, so that a run that was killed leaves nothing that
 * the next run of the same command does not take over, as long as it has to write NAME in the same
 * way.  It has not where the file system has learned O_TMPFILE in between, or the source has
 * shrunk so far that it is written directly: looking for what is left would cost each file a call.
 * Fails with CREATE; nothing has changed at the destination then, and there is nothing to give up.
 */
struct err commit_begin(
    struct commit *c, int dir, const char *name, enum commit_how how, mode_t mode);
/*
 * Begin as with HOW, WHOLE or REPLACE, but under the temporary name from the beginning, so that what a run
 * that is killed has written is found again by the next, which goes on with it if it is the caller's
 * own, has no other name and nobody else has it locked: C->fd is open for reading, too, then.  MODE is less
 * the umask.  Giving up leaves what has been written, if anything has.
 * Fails as commit_begin(), with EWOULDBLOCK if another run is at it.
 */
struct err commit_resume(
    struct commit *c, int dir, const char *name, enum commit_how how, mode_t mode);
/*
 * Give the file its name and close it, checked.  C holds nothing afterwards.
 * Fails with RENAME or CLOSE.  A new file is then gone, a replaced one is the old one; with
 * IN_PLACE the content may be incomplete.
 */
struct err commit_publish(struct commit *c);
/* Give the file up: what this run created is removed, unless commit_resume() began it.  C holds nothing afterwards. */
void commit_discard(struct commit *c);
/* Write the temporary name of NAME into ASIDE[NAME_MAX + 1]; for links that replace a name too. */
void commit_aside_name(const char *name, char *aside);
/* Whether NAME is such a name, as a run that was killed may have left. */
bool commit_is_aside(const char *name);

#endif
