/* SPDX-License-Identifier: BSD-2-Clause */
/* The last of what flows into a pipe. */
#ifndef DECANT_TAIL_H
#define DECANT_TAIL_H

#include "pipe/loop.h"

#include <stddef.h>

/* A pipe and what came last.  The owner's storage; TAIL_INIT. */
struct tail {
	struct watcher watcher; /* of the reading end, which is owned */
	char *buf;              /* [2 * KEPT + 1], owned; NULL = nothing came */
	size_t len;             /* bytes in it */
	size_t kept;            /* how many of the last are wanted */
	bool open;              /* more may come */
};

/* A tail that holds nothing. */
#define TAIL_INIT ((struct tail){ .watcher = { .fd = -1 } })

/*
 * Make T's pipe, of which KEPT bytes are wanted, and let it be read in L; *FD is the writing end, the
 * caller's.  READY is called, with ARG in the watcher, when something came; it calls tail_read().
 * Fails with OPEN or THREAD.
 */
struct err tail_start(
    struct tail *t, struct loop *l, size_t kept, const struct watcher *w, int *fd);
/* Take what is there now; after the end of it T->open is false.  Never blocks. */
void tail_read(struct tail *t, struct loop *l);
/* No more is wanted: close the pipe.  Harmless when it is not open. */
void tail_stop(struct tail *t, struct loop *l);
/* The last bytes as a string, in which NUL shows as '?'; T's, or NULL when there was nothing. */
const char *tail_text(struct tail *t);
/* Free what T holds; it is stopped. */
void tail_release(struct tail *t);

#endif
