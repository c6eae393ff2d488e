/* SPDX-License-Identifier: BSD-2-Clause */
/* A manifest against the tree that it is of: read side by side, checked by the workers in batches. */
#ifndef DECANT_MANIFESTCHECK_H
#define DECANT_MANIFESTCHECK_H

#include "run/unlike.h"
#include "tree/manifest.h"

/* A manifest that is to be checked. */
struct manifestcheck {
	const char *path;        /* the manifest, as it was typed */
	const char *dir;         /* the tree, likewise */
	int fd;                  /* the manifest, owned; -1 = none */
	struct stat st;          /* of it */
	struct manifest *m;      /* it, at its beginning; owned */
	struct hash_algos algos; /* its algorithms */
	struct err why;          /* why it cannot be checked, or ERR_OK */
	struct str words;        /* more words for that */
};

/* Whether PATH is a file that begins as a manifest does. */
bool manifestcheck_is_one(const char *path);
/* Open the manifest C->path and read it once, for its seal; C->why says what is wrong with it. */
void manifestcheck_open(struct manifestcheck *c);
/* Free what C owns. */
void manifestcheck_release(struct manifestcheck *c);
/* Hand the check of RUN->verify->list to the workers; what fails has been told.  Main thread. */
void manifestcheck_give(struct run *run);

#endif
