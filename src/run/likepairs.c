/* SPDX-License-Identifier: BSD-2-Clause */
/* Pairs by a hash of both inodes, each with what both were like when they were compared. */
#include "run/likepairs.h"

#include "base/map.h"
#include "base/own.h"

#include <pthread.h>
#include <xxhash.h>

/* What tells one state of a file from another; no padding, since it is compared as bytes. */
struct state {
	uint64_t dev;
	uint64_t ino;
	int64_t size;
	int64_t mtime_s;
	int64_t mtime_ns;
	int64_t ctime_s;
	int64_t ctime_ns;
};

/* What came of comparing two files. */
struct outcome {
	struct state of[2];
	struct likeness like;
};

struct likepairs {
	pthread_mutex_t lock;
	/* --- guarded by lock --- */
	struct map outcomes; /* from a hash of both inodes to a struct outcome, owned */
};

static struct state
state_of(const struct stat *st)
{
	return (struct state){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = st->st_size,
		.mtime_s = st->st_mtim.tv_sec,
		.mtime_ns = st->st_mtim.tv_nsec,
		.ctime_s = st->st_ctim.tv_sec,
		.ctime_ns = st->st_ctim.tv_nsec,
	};
}

/* Pairs that share a hash take each other's place: the states tell them apart. */
static struct map_key
key_of(const struct stat *a, const struct stat *b)
{
	const uint64_t pair[] = { a->st_dev, a->st_ino, b->st_dev, b->st_ino };
	XXH128_hash_t hash = XXH3_128bits(pair, sizeof pair);

	return (struct map_key){ .hi = hash.high64, .lo = hash.low64 };
}

struct likepairs *
likepairs_new(void)
{
	struct likepairs *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	map_init(&c->outcomes);
	return c;
}

void
likepairs_free(struct likepairs *c)
{
	size_t cursor = 0;
	struct map_key key;
	void *value;

	if (c == NULL)
		return;
	while (map_each(&c->outcomes, &cursor, &key, &value))
		free(value);
	map_release(&c->outcomes);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static bool
have_names(const struct stat *a, const struct stat *b)
{
	return a->st_nlink > 1 && b->st_nlink > 1;
}

bool
likepairs_get(
    struct likepairs *c, const struct stat *a, const struct stat *b, struct likeness *like)
{
	const struct state now[] = { state_of(a), state_of(b) };

	if (!have_names(a, b))
		return false;
	pthread_mutex_lock(&c->lock);
	const struct outcome *o = map_get(&c->outcomes, key_of(a, b));
	bool known = o != NULL && memcmp(o->of, now, sizeof now) == 0;
	if (known)
		*like = o->like;
	pthread_mutex_unlock(&c->lock);
	return known;
}

void
likepairs_put(
    struct likepairs *c, const struct stat *a, const struct stat *b, const struct likeness *like)
{
	const struct outcome outcome = { .of = { state_of(a), state_of(b) }, .like = *like };

	if (!have_names(a, b))
		return;
	own_mem struct outcome *fresh = malloc(sizeof *fresh);
	if (fresh == NULL)
		return;
	*fresh = outcome;
	pthread_mutex_lock(&c->lock);
	struct outcome *o = map_get(&c->outcomes, key_of(a, b));
	if (o != NULL)
		*o = outcome;
	else if (!err_failed(map_put(&c->outcomes, key_of(a, b), fresh)))
		fresh = NULL;
	pthread_mutex_unlock(&c->lock);
}
