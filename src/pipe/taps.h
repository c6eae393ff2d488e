/* SPDX-License-Identifier: BSD-2-Clause */
/* Taps: stages that are shown each block in passing, at no thread and no copy. */
#ifndef DECANT_TAPS_H
#define DECANT_TAPS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stage;

/* Bytes in passing.  A tap may make the span shorter at either end, never change the bytes. */
struct span {
	const char *bytes; /* first byte */
	size_t len;        /* number of them */
	bool enough;       /* a tap wants no more after these: what follows is not even read */
};

/* The taps of one stream, first to last.  The caller's storage, borrowed by the stream. */
struct taps {
	struct stage **stages; /* [n], borrowed; each has been started */
	size_t n;              /* number of them */
	bool enough;           /* some tap has had enough: the stream ends here */
	size_t cut;            /* index of that tap: those before it were cut off */
	bool failed; /* a tap failed: an error of the stream is that tap's, not the stream's */
};

/* Show S to each of T in turn, each one what the one before it let pass, none of them an empty span;
 * S is what passes in the end.  NULL T passes all.  Fails with what the first tap failed with, which
 * remembers it for its verdict. */
struct err taps_feed(struct taps *t, struct span *s);
/* Tell each of T that the stream has ended, WHOLE or broken off; to those before one that had enough
 * it is broken off.  Once; NULL is fine.  Fails with what the first tap failed with; all are told. */
struct err taps_end(struct taps *t, bool whole);

#endif
