/* SPDX-License-Identifier: BSD-2-Clause */
/* The digests of one file after the other, taken from the blocks that are moved or read. */
#ifndef DECANT_HASHING_H
#define DECANT_HASHING_H

#include "base/str.h"
#include "engine/observer.h"
#include "pipe/digest.h"

enum {
	HASH_MAX = 4 /* digests of one file at once; arbitrary */
};

/* The digests that a run makes of every file; const once it starts. */
struct hash_algos {
	const struct digest_algo *algos[HASH_MAX]; /* [n] */
	size_t n;                                  /* 0 = none */
};

/* One worker's digests, made once and begun anew for each file. */
struct hashing {
	struct observer observer;         /* first: shows it the bytes */
	const struct hash_algos *algos;   /* borrowed */
	struct digest *digests[HASH_MAX]; /* [algos->n], owned */
	int64_t bytes;                    /* bytes seen of this file */
	bool ended;                       /* DONE is known; nothing more is seen of this file */
	unsigned char done[HASH_MAX][DIGEST_MAX]; /* digests, which can be taken once only */
};

/*
 * Find the algorithms that LIST names, separated by commas, loading what is needed.  Main thread.
 * Fails as digest_find() does, or with E2BIG or, for one that comes twice, EEXIST; *CULPRIT is then the name in question, in storage that the next
 * call reuses, and *WHY more words or NULL.
 */
struct err hash_algos_find(
    const char *list, struct hash_algos *algos, const char **culprit, const char **why);

/* Make ALGOS what is meant when nothing was asked for: xxh128. */
void hash_algos_default(struct hash_algos *algos);

/* Prepare H for ALGOS, borrowed.  Fails with MEMORY; H then needs its release too. */
struct err hashing_init(struct hashing *h, const struct hash_algos *algos);
/* Free what H owns; harmless when it is all zero. */
void hashing_release(struct hashing *h);
/* Write the digest of algorithm I of what was seen since the beginning into OUT, algos->algos[I]->size bytes;
 * as often as wanted, but nothing more may be seen before the next beginning. */
void hashing_get(struct hashing *h, size_t i, unsigned char out[static DIGEST_MAX]);
/* Append all digests as events carry them: "xxh128:9f86...,sha256:...". */
void hashing_text(struct hashing *h, struct str *s);

#endif
