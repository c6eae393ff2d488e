/* SPDX-License-Identifier: BSD-2-Clause */
/* One wildcard pattern, compiled once and matched in bounded time without allocating. */
#ifndef DECANT_GLOB_H
#define DECANT_GLOB_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes that a bracket expression accepts. */
struct glob_set {
	uint64_t bits[4]; /* byte C is accepted when bit C % 64 of bits[C / 64] is set */
};

/* A compiled pattern, in the caller's storage; const after glob_compile(), then any thread. */
struct glob {
	uint32_t *tokens;      /* tokens[count], owned: what to match, in order */
	size_t count;          /* number of tokens */
	struct glob_set *sets; /* owned, may be NULL: the bracket expressions of tokens */
	bool valid;            /* false: malformed or empty, and therefore matches nothing */
};

/*
 * Compile PATTERN[len] into *G, which is then glob_release()'s to free.
 * The language: '?' is one byte and '*' any number of bytes, neither ever a '/'; '[a-z]', '[!a-z]'
 * and '[[:alpha:]]' are one byte of (not of) a set, never a '/'; '\' makes the next byte ordinary;
 * two or more '*' that fill a component between '/' are any number of components, none included,
 * and at the end of the pattern at least one.  Bytes are bytes: no locale, no case folding.
 * Fails with MEMORY (ENOMEM); *G then holds nothing.
 */
struct err glob_compile(struct glob *g, const char *pattern, size_t len);

/* Free what G owns.  A zeroed G is fine. */
void glob_release(struct glob *g);

/*
 * True when G matches all of TEXT[len], not just a part.
 * Any thread.  Takes time of at most the product of both lengths, whatever they hold.
 */
bool glob_matches(const struct glob *g, const char *text, size_t len);

#endif
