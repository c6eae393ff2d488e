/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of inodes with several names.
 *
 * An owner is allocated before the lock is taken.  Two things are allocated while it is held, because only
 * then it is known that they are needed, and both are rare: a waiter, which exists only while a copy of
 * its content is on its way, and the map when it grows.
 */
#include "tree/links.h"

#include "base/map.h"
#include "base/own.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

struct link_owner {
	struct map_key key;
	struct node *dir; /* holds a reference */
	/* --- guarded by the table's lock --- */
	bool stands;               /* the content is published: link to it */
	nlink_t expected;          /* further names of the inode that may still be met */
	unsigned busy;             /* names being linked at this moment, the owner included */
	struct link_waiter *first; /* names left while the content was on its way */
	struct link_waiter **last;
	/* --- end of guarded --- */
	char name[];
};

struct links {
	struct nodes *nodes;
	pthread_mutex_t lock;
	/* --- guarded by lock --- */
	struct map map; /* device and inode to struct link_owner */
};

struct links *
links_new(struct nodes *p)
{
	struct links *l = calloc(1, sizeof *l);
	if (l == NULL)
		return NULL;
	l->nodes = p;
	pthread_mutex_init(&l->lock, NULL);
	map_init(&l->map);
	return l;
}

static void
owner_free(struct links *l, struct link_owner *o)
{
	nodes_unref(l->nodes, o->dir);
	free(o);
}

void
links_free(struct links *l)
{
	size_t cursor = 0;
	struct map_key key;
	void *value;

	if (l == NULL)
		return;
	while (map_each(&l->map, &cursor, &key, &value))
		owner_free(l, value);
	map_release(&l->map);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static struct link_owner *
owner_new(struct map_key key, const struct stat *st, struct node *dir, const char *name)
{
	size_t len = strlen(name) + 1;
	struct link_owner *o = calloc(1, sizeof *o + len);

	if (o == NULL)
		return NULL;
	memcpy(o->name, name, len);
	o->key = key;
	o->dir = dir;
	node_ref(dir);
	o->expected = st->st_nlink - 1;
	o->busy = 1;
	o->last = &o->first;
	return o;
}

static struct link_waiter *
waiter_new(const struct entry *e)
{
	size_t len = strlen(e->name) + 1;
	size_t src_len = strlen(e->src_name) + 1;
	struct link_waiter *w = malloc(sizeof *w + len + src_len);

	if (w == NULL)
		return NULL;
	w->next = NULL;
	node_add_work(e->dir);
	w->entry = *e;
	w->entry.handed = true;
	w->entry.name = memcpy(w->names, e->name, len);
	w->entry.src_name = memcpy(w->names + len, e->src_name, src_len);
	return w;
}

static struct err
meet_known_locked(struct link_owner *o, const struct entry *e, enum link_role *role)
{
	if (!o->stands) {
		struct link_waiter *w = waiter_new(e);
		if (w == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		*o->last = w;
		o->last = &w->next;
		*role = LINK_ROLE_WAIT;
	} else {
		o->busy++;
		*role = LINK_ROLE_LINK;
	}
	if (o->expected > 0)
		o->expected--;
	return ERR_OK;
}

static struct err
meet_new_locked(struct links *l, struct link_owner *o, enum link_role *role)
{
	if (o == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	*role = LINK_ROLE_COPY;
	return map_put(&l->map, o->key, o);
}

struct err
links_meet(struct links *l, const struct stat *st, const struct entry *e, enum link_role *role,
    struct link_owner **owner)
{
	struct map_key key = { .hi = st->st_dev, .lo = st->st_ino };
	struct link_owner *fresh = owner_new(key, st, e->dir, e->name);
	struct err err;

	pthread_mutex_lock(&l->lock);
	struct link_owner *o = map_get(&l->map, key);
	if (o != NULL)
		err = meet_known_locked(o, e, role);
	else
		err = meet_new_locked(l, fresh, role);
	bool used = o == NULL && !err_failed(err);
	pthread_mutex_unlock(&l->lock);
	*owner = used ? fresh : o;
	if (!used && fresh != NULL)
		owner_free(l, fresh);
	return err;
}

struct link_waiter *
links_settle(struct links *l, struct link_owner *o, bool ok)
{
	pthread_mutex_lock(&l->lock);
	struct link_waiter *waiting = o->first;
	o->first = NULL;
	o->last = &o->first;
	o->stands = ok;
	if (!ok)
		map_remove(&l->map, o->key);
	pthread_mutex_unlock(&l->lock);
	if (!ok)
		owner_free(l, o);
	return waiting;
}

void
links_forget(struct links *l, struct link_owner *o)
{
	pthread_mutex_lock(&l->lock);
	bool gone = --o->busy == 0 && o->expected == 0;
	if (gone)
		map_remove(&l->map, o->key);
	pthread_mutex_unlock(&l->lock);
	if (gone)
		owner_free(l, o);
}

struct node *
link_owner_dir(const struct link_owner *o)
{
	return o->dir;
}

const char *
link_owner_name(const struct link_owner *o)
{
	return o->name;
}
