/* SPDX-License-Identifier: BSD-2-Clause */
/* Pairs of inodes, found from either side. */
#include "tree/linkpairs.h"

#include "base/map.h"
#include "base/own.h"

#include <errno.h>
#include <pthread.h>

/* What inode has been met under the same name on the other side. */
struct partner {
	dev_t dev;
	ino_t ino;
};

struct linkpairs {
	pthread_mutex_t lock;
	/* --- guarded by lock --- */
	struct map sides[2]; /* inode of that side -> struct partner, owned */
};

struct linkpairs *
linkpairs_new(void)
{
	struct linkpairs *l = calloc(1, sizeof *l);

	if (l == NULL)
		return NULL;
	pthread_mutex_init(&l->lock, NULL);
	map_init(&l->sides[0]);
	map_init(&l->sides[1]);
	return l;
}

void
linkpairs_free(struct linkpairs *l)
{
	if (l == NULL)
		return;
	for (int i = 0; i < 2; i++) {
		size_t cursor = 0;
		struct map_key key;
		void *value;
		while (map_each(&l->sides[i], &cursor, &key, &value))
			free(value);
		map_release(&l->sides[i]);
	}
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* Whether ST's partner in M is OTHER, who becomes it when there is none. */
static struct err
pair_locked(struct map *m, const struct stat *st, const struct stat *other, bool *alike)
{
	struct map_key key = { .hi = st->st_dev, .lo = st->st_ino };
	const struct partner *known = map_get(m, key);

	*alike = known == NULL || (known->dev == other->st_dev && known->ino == other->st_ino);
	if (known != NULL)
		return ERR_OK;
	own_mem struct partner *p = malloc(sizeof *p);
	if (p == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	*p = (struct partner){ other->st_dev, other->st_ino };
	TRY(map_put(m, key, p));
	p = NULL;
	return ERR_OK;
}

struct err
linkpairs_meet(struct linkpairs *l, const struct stat *a, const struct stat *b, bool *alike)
{
	bool back = true;

	*alike = true;
	if (a->st_nlink < 2 && b->st_nlink < 2)
		return ERR_OK;
	pthread_mutex_lock(&l->lock);
	struct err err = pair_locked(&l->sides[0], a, b, alike);
	if (!err_failed(err))
		err = pair_locked(&l->sides[1], b, a, &back);
	pthread_mutex_unlock(&l->lock);
	*alike = *alike && back;
	return err;
}
