/* SPDX-License-Identifier: BSD-2-Clause */
/* A seekable zstd file as a feed of what it was packed from: its frames are unpacked by many threads. */
#ifndef DECANT_ARCFRAMES_H
#define DECANT_ARCFRAMES_H

#include "pipe/archive.h"
#include "thread/cancel.h"

/* What is to be unpacked. */
struct arcframes_how {
	int fd;                          /* a regular file, borrowed */
	int64_t size;                    /* bytes in it */
	const struct arc_coding *coding; /* borrowed */
	const struct cancel *cancel;     /* ends it between two frames; borrowed */
	unsigned threads;                /* 1 or more */
};

/* The file, the threads; opaque. */
struct arcframes;

/*
 * Begin to unpack the file of HOW.  *FRAMES is NULL, and nothing is wrong, where it has no index that is all
 * of it and says that its frames are small enough for a bounded memory: then it is read as any other.
 * Fails with READ, MEMORY, THREAD.
 */
struct err arcframes_new(const struct arcframes_how *how, struct arcframes **frames);
/* What was packed, forward only.  Fails with EBADMSG (READ, SRC) for frames that are damaged, or are not
 * what the index says. */
struct arc_feed *arcframes_feed(struct arcframes *f);
/* What is said of a failure; "" = nothing. */
const char *arcframes_said(const struct arcframes *f);
/* Bytes of the file that what the feed has shown stood in. */
int64_t arcframes_packed(const struct arcframes *f);
/* Free F; NULL is fine. */
void arcframes_free(struct arcframes *f);

#endif
