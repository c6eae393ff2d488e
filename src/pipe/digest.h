/* SPDX-License-Identifier: BSD-2-Clause */
/* Digests: xxHash in the program, the others in a module that is loaded when one is asked for. */
#ifndef DECANT_DIGEST_H
#define DECANT_DIGEST_H

#include "base/err.h"

#include <stddef.h>

enum {
	DIGEST_MAX = 64,                  /* bytes of the longest digest: sha512, blake2b */
	DIGEST_TEXT = 2 * DIGEST_MAX + 1, /* hex of it, NUL included */
};

/* A digest that is being made; opaque. */
struct digest;

/* A way of making digests; static, or of a module that is never unloaded. */
struct digest_algo {
	const char *name; /* "xxh128", "sha256", ... as users write it */
	size_t size;      /* bytes of a digest */
	struct digest *(*make)(const struct digest_algo *algo); /* NULL = out of memory */
	void (*reset)(struct digest *d);                        /* begin anew */
	void (*add)(struct digest *d, const void *bytes, size_t n);
	void (*get)(
	    struct digest *d, unsigned char *out); /* SIZE bytes, big-endian as tools print */
	void (*drop)(struct digest *d);            /* free; NULL is fine */
};

/*
 * Find ALGO by NAME, loading the module when it is not xxHash.  Main thread.
 * Fails with OPEN: EINVAL for a name that nobody knows, ENOENT when the module is missing; *WHY is then
 * what the loader said, static storage, or NULL.
 */
struct err digest_find(const char *name, const struct digest_algo **algo, const char **why);
/* The names of all algorithms, "xxh128, xxh64, sha256, ..."; static storage. */
const char *digest_names(void);
/* Write the N bytes of DIGEST in hex into TEXT; returns TEXT. */
const char *digest_hex(const unsigned char *digest, size_t n, char text[static DIGEST_TEXT]);

#endif
