/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known: an open table, probed linearly, of keys each followed by the digests.
 *
 * The hash is seeded anew in each run, so that no tree can be made beforehand whose names collide.
 */
#include "run/known.h"

#include "base/own.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "tree/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
	CAP_MIN = 64 /* places of the smallest table; arbitrary, a power of two */
};

struct known {
	uint64_t seed;
	unsigned char *places; /* places [cap], WIDTH bytes each; a key of zeros = free */
	size_t width;          /* bytes of a key and the digests */
	size_t cap;            /* a power of two, or 0 */
	size_t count;          /* places in use */
};

/* All that must be as it was, and its path as a hash; hashed as bytes, without padding. */
struct identity {
	XXH128_hash_t path;
	uint64_t ino;
	int64_t size;
	int64_t mtime[2];
	int64_t ctime[2];
};

/* A file's key; never all zeros. */
static XXH128_hash_t
key_of(const struct known *k, const char *path, size_t len, struct identity *id)
{
	id->path = XXH3_128bits_withSeed(path, len, k->seed);
	XXH128_hash_t key = XXH3_128bits_withSeed(id, sizeof *id, k->seed);
	if (key.low64 == 0 && key.high64 == 0)
		key.high64 = 1;
	return key;
}

/* The place of KEY, or the free place where it belongs.  There always is a free place. */
static unsigned char *
place_of(const struct known *k, XXH128_hash_t key)
{
	static const XXH128_hash_t none;

	for (size_t i = key.low64 & (k->cap - 1);; i = (i + 1) & (k->cap - 1)) {
		unsigned char *place = k->places + i * k->width;

		if (memcmp(place, &key, sizeof key) == 0 || memcmp(place, &none, sizeof none) == 0)
			return place;
	}
}

/* Have room for one more. */
static struct err
grow(struct known *k)
{
	struct known larger = *k;

	if (k->count < k->cap / 4 * 3)
		return ERR_OK;
	larger.cap = k->cap > 0 ? 2 * k->cap : CAP_MIN;
	larger.places = calloc(larger.cap, k->width);
	if (larger.places == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t i = 0; i < k->cap; i++) {
		const unsigned char *from = k->places + i * k->width;
		XXH128_hash_t key;

		memcpy(&key, from, sizeof key);
		if (key.low64 != 0 || key.high64 != 0)
			memcpy(place_of(&larger, key), from, k->width);
	}
	free(k->places);
	*k = larger;
	return ERR_OK;
}

/* Take E in, if it can be known again; *AT are the places of the run's algorithms among its digests. */
static struct err
take(struct known *k, const struct hash_algos *algos, const size_t *at, const struct manifest *m,
    const struct manifest_entry *e)
{
	struct identity id = {
		.ino = e->ino,
		.size = e->size,
		.mtime = { e->mtime.tv_sec, e->mtime.tv_nsec },
		.ctime = { e->ctime.tv_sec, e->ctime.tv_nsec },
	};

	if (!e->identified || !e->hashed)
		return ERR_OK;
	/* sealed by whoever, a digest may be of any size */
	for (size_t i = 0; i < algos->n; i++) {
		if (manifest_algos(m)->sizes[at[i]] != algos->algos[i]->size)
			return ERR_OK;
	}
	TRY(grow(k));
	XXH128_hash_t key = key_of(k, e->name, e->name_len, &id);
	unsigned char *place = place_of(k, key);
	memcpy(place, &key, sizeof key);
	place += sizeof key;
	for (size_t i = 0; i < algos->n; i++) {
		memcpy(place, e->digests[at[i]], algos->algos[i]->size);
		place += algos->algos[i]->size;
	}
	k->count++;
	return ERR_OK;
}

/* Find the run's algorithms among those of M; false if any is missing. */
static bool
find_algos(
    const struct hash_algos *algos, const struct manifest_algos *m, size_t at[static HASH_MAX])
{
	for (size_t i = 0; i < algos->n; i++) {
		at[i] = 0;
		while (at[i] < m->n && strcmp(m->names[at[i]], algos->algos[i]->name) != 0)
			at[i]++;
		if (at[i] == m->n)
			return false;
	}
	return true;
}

/* Take all of M in; it is read to its end even if nothing of it can be used, for what it is. */
static struct err
take_all(struct known *k, const struct hash_algos *algos, struct manifest *m,
    struct manifest_fault *fault)
{
	struct manifest_entry e;
	size_t at[HASH_MAX];
	bool usable = find_algos(algos, manifest_algos(m), at);

	for (;;) {
		TRY(manifest_next(m, &e, fault));
		if (e.name == NULL)
			return ERR_OK;
		if (usable)
			TRY(take(k, algos, at, m, &e));
	}
}

static struct known *
known_new(const struct hash_algos *algos)
{
	struct known *k = calloc(1, sizeof *k);

	if (k == NULL)
		return NULL;
	k->seed = (uint64_t)proc_now_ns();
	k->width = sizeof(XXH128_hash_t);
	for (size_t i = 0; i < algos->n; i++)
		k->width += algos->algos[i]->size;
	return k;
}

/* Load what FD is open on. */
static struct err
load(struct known *k, const struct hash_algos *algos, int fd, struct manifest_fault *fault)
{
	struct manifest *m;

	TRY(manifest_open(fd, &m, fault));
	struct err err = take_all(k, algos, m, fault);
	manifest_free(m);
	return err;
}

struct err
known_load(const char *path, const struct hash_algos *algos, struct known **k, struct str *why)
{
	struct manifest_fault fault = { 0 };
	own_fd fd = -1;

	*k = NULL;
	struct err err = dir_open_file(AT_FDCWD, path, true, &fd);
	if (err_failed(err))
		return err.code == ENOENT ? ERR_OK : err;
	struct known *new = known_new(algos);
	err =
	    new != NULL ? load(new, algos, fd, &fault) : err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	if (err_failed(err) || new->count == 0)
		known_free(new);
	else
		*k = new;
	if (err.code == EBADMSG)
		str_addf(
		    why, "the manifest is damaged at line %" PRId64 ": %s", fault.line, fault.why);
	return err;
}

void
known_free(struct known *k)
{
	if (k == NULL)
		return;
	free(k->places);
	free(k);
}

bool
known_find(const struct known *k, const struct str *path, const struct stat *st, struct hashing *h)
{
	struct identity id = {
		.ino = st->st_ino,
		.size = st->st_size,
		.mtime = { st->st_mtim.tv_sec, st->st_mtim.tv_nsec },
		.ctime = { st->st_ctim.tv_sec, st->st_ctim.tv_nsec },
	};

	if (path->failed)
		return false;
	XXH128_hash_t key = key_of(k, path->buf, path->len, &id);
	const unsigned char *place = place_of(k, key);
	if (memcmp(place, &key, sizeof key) != 0)
		return false;
	place += sizeof key;
	for (size_t i = 0; i < h->algos->n; i++) {
		hashing_put(h, i, place);
		place += h->algos->algos[i]->size;
	}
	return true;
}
