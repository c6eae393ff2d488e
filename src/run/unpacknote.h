/* SPDX-License-Identifier: BSD-2-Clause */
/* unpack --manifest: what was made is noted in passing, and written when all is done. */
#ifndef DECANT_UNPACKNOTE_H
#define DECANT_UNPACKNOTE_H

#include "run/outfile.h"
#include "run/run.h"

struct unpacking;

/* What a manifest needs; zero but for the descriptors of OUT when none is written. */
struct unpacknote {
	struct inodes *inodes; /* owned */
	struct outfile out;    /* the manifest */
	struct str late;       /* names whose content may come later, NUL-terminated each */
	unsigned number;       /* of notes behind the last member: the later of one name stands */
};

/* Prepare N, which needs its release. */
void unpacknote_init(struct unpacknote *n);
/* Begin, if there is to be a manifest.  False: it was told why not.  Main thread, before the decoder. */
bool unpacknote_begin(struct unpacking *u);
/* E, member NUMBER, stands; HASHED: the worker's digests are of it.  E->dir is held.  Any worker. */
void unpacknote_member(struct worker *w, const struct entry *e, unsigned number, bool hashed);
/* Likewise a hard link, which is read for its digests.  The decoder. */
void unpacknote_link(struct unpacking *u, const struct entry *e, unsigned number);
/* The directory PATH has its attributes; FD is it.  Main thread, at the end. */
void unpacknote_directory(struct unpacking *u, const char *path, int fd);
/* Let the manifest appear, if all of the archive was read.  Main thread, at the end. */
void unpacknote_end(struct unpacking *u);
/* Free what N owns, and the run's ledger. */
void unpacknote_release(struct unpacking *u);

#endif
