/* SPDX-License-Identifier: BSD-2-Clause */
/* Digests by device and inode. */
#include "run/inodes.h"

#include "base/map.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* One inode. */
struct known {
	bool read;        /* D is known */
	struct digests d; /* of its content */
};

struct inodes {
	pthread_mutex_t lock;
	/* --- guarded by lock --- */
	struct map map; /* struct known, owned */
};

struct inodes *
inodes_new(void)
{
	struct inodes *i = calloc(1, sizeof *i);

	if (i == NULL)
		return NULL;
	pthread_mutex_init(&i->lock, NULL);
	map_init(&i->map);
	return i;
}

void
inodes_free(struct inodes *i)
{
	struct map_key key;
	size_t cursor = 0;
	void *known;

	if (i == NULL)
		return;
	while (map_each(&i->map, &cursor, &key, &known))
		free(known);
	map_release(&i->map);
	pthread_mutex_destroy(&i->lock);
	free(i);
}

struct inode_id
inode_id_of(const struct stat *st)
{
	return (struct inode_id){ .dev = st->st_dev, .ino = st->st_ino };
}

/* File D, NULL = not yet read, under ID unless there is more already; *FIRST says whether ID is new. */
static struct err
file_under(struct inodes *i, struct inode_id id, const struct digests *d, bool *first)
{
	struct map_key key = { .hi = id.dev, .lo = id.ino };
	struct known *new = calloc(1, sizeof *new);
	struct err err = ERR_OK;

	if (new == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	pthread_mutex_lock(&i->lock);
	struct known *known = map_get(&i->map, key);
	*first = known == NULL;
	if (known == NULL)
		err = map_put(&i->map, key, new);
	if (known == NULL && !err_failed(err)) {
		known = new;
		new = NULL;
	}
	if (d != NULL && !err_failed(err))
		*known = (struct known){ .read = true, .d = *d };
	pthread_mutex_unlock(&i->lock);
	free(new);
	return err;
}

struct err
inodes_claim(struct inodes *i, struct inode_id id, bool *first)
{
	return file_under(i, id, NULL, first);
}

struct err
inodes_put(struct inodes *i, struct inode_id id, const struct digests *d)
{
	bool first;

	return file_under(i, id, d, &first);
}

bool
inodes_get(struct inodes *i, struct inode_id id, struct digests *d)
{
	struct map_key key = { .hi = id.dev, .lo = id.ino };

	pthread_mutex_lock(&i->lock);
	const struct known *known = map_get(&i->map, key);
	bool read = known != NULL && known->read;
	if (read)
		*d = known->d;
	pthread_mutex_unlock(&i->lock);
	return read;
}

void
digests_of(struct hashing *h, struct digests *d)
{
	for (size_t i = 0; i < h->algos->n; i++)
		hashing_get(h, i, d->of[i]);
}
