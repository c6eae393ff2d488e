/* SPDX-License-Identifier: BSD-2-Clause */
/* Small members in pooled buffers: filled by the decoder, emptied by workers. */
#include "base/own.h"
#include "run/unpacking.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <xxhash.h>

enum {
	ALIGN = 16, /* of what is in a batch */
	/* Members that make a batch worth sending while workers wait; arbitrary. */
	SEND_EARLY = 8,
};

/* SIZE bytes of batch B; NULL = they do not fit. */
static void *
take(struct unpacking *u, struct batch *b, size_t size)
{
	size_t at = (b->used + ALIGN - 1) / ALIGN * ALIGN;
	size_t room = bufs_size(u->batches);

	if (at > room || size > room - at)
		return NULL;
	b->used = at + size;
	return (char *)b + at;
}

static const void *
keep(struct unpacking *u, struct batch *b, const void *bytes, size_t n)
{
	void *there = take(u, b, n);

	return there != NULL ? memcpy(there, bytes, n) : NULL;
}

/* Copy what M points to into B; false: it does not fit. */
static bool
keep_member(struct unpacking *u, struct batch *b, const struct arc_member *m, struct arc_member *to)
{
	struct arc_xattr *xattrs = NULL;

	*to = *m;
	to->name = to->uname = to->gname = (struct arc_name){ 0 };
	to->ranges = NULL;
	to->n_ranges = 0;
	to->warning = NULL;
	if (m->link.bytes != NULL)
		to->link.bytes = keep(u, b, m->link.bytes, m->link.len + 1);
	if (m->link.bytes != NULL && to->link.bytes == NULL)
		return false;
	if (m->n_xattrs == 0)
		return true;
	if (m->n_xattrs > bufs_size(u->batches) / sizeof *xattrs ||
	    (xattrs = take(u, b, m->n_xattrs * sizeof *xattrs)) == NULL)
		return false;
	for (size_t i = 0; i < m->n_xattrs; i++) {
		const struct arc_xattr *x = &m->xattrs[i];
		xattrs[i].len = x->len;
		xattrs[i].name = keep(u, b, x->name, strlen(x->name) + 1);
		xattrs[i].value = keep(u, b, x->value, x->len);
		if (xattrs[i].name == NULL || xattrs[i].value == NULL)
			return false;
	}
	to->xattrs = xattrs;
	return true;
}

/* Begin a batch for DIR. */
static struct err
open_batch(struct unpacking *u, struct node *dir)
{
	void *buf;

	if (u->open != NULL && u->open->dir == dir)
		return ERR_OK;
	batch_send(u);
	TRY(bufs_borrow(u->batches, &u->run.cancel, &buf));
	struct batch *b = buf;
	*b = (struct batch){ .dir = dir, .last = &b->first, .used = sizeof *b };
	node_add_work(dir);
	u->open = b;
	return ERR_OK;
}

/* Put M into the open batch as it is; NULL = it does not fit. */
static struct item *
add(struct unpacking *u, const struct arc_member *m, const char *name)
{
	struct batch *b = u->open;
	BUG_ON(b == NULL);
	size_t before = b->used;
	struct item *i = take(u, b, sizeof *i);
	int64_t content = m->type == ARC_FILE && m->size > 0 ? m->size : 0;
	int64_t parts = (int64_t)(sizeof(struct piece) + ALIGN) * ((int64_t)m->n_ranges + 2);

	if (i != NULL) {
		*i = (struct item){ .end = content, .number = (unsigned)u->entries };
		i->name = keep(u, b, name, strlen(name) + 1);
		if (i->name != NULL && keep_member(u, b, m, &i->m) &&
		    (m->sparse || content + parts <= (int64_t)(bufs_size(u->batches) - b->used)))
			return i;
	}
	b->used = before;
	return NULL;
}

struct item *
batch_add(struct unpacking *u, struct node *dir, const struct arc_member *m, const char *name,
    struct err *err)
{
	*err = open_batch(u, dir);
	if (err_failed(*err))
		return NULL;
	struct item *i = add(u, m, name);
	if (i != NULL || u->open->n == 0)
		return i;
	batch_send(u);
	*err = open_batch(u, dir);
	return err_failed(*err) ? NULL : add(u, m, name);
}

struct err
batch_fill(struct unpacking *u, struct item *i)
{
	const struct arc_reading *reading = u->source.module->reading;
	struct piece **last = &i->pieces;
	const void *bytes;
	size_t n;
	int64_t off;

	for (;;) {
		TRY(reading->data(u->source.reader, &bytes, &n, &off));
		if (n == 0)
			break;
		struct piece *p = take(u, u->open, sizeof *p + n);
		if (p == NULL)
			return err_make(EFBIG, OP_READ, SIDE_SRC, off);
		*p = (struct piece){ .off = off, .len = n };
		memcpy(p->bytes, bytes, n);
		*last = p;
		last = &p->next;
	}
	i->end = off > i->end ? off : i->end;
	return ERR_OK;
}

void
batch_close_item(struct unpacking *u, struct item *i)
{
	struct batch *b = u->open;

	i->claim = claim_of(u, &b->dir->src, i->name);
	atomic_fetch_add(i->claim, 1);
	*b->last = i;
	b->last = &i->next;
	b->n++;
	if (b->n >= SEND_EARLY && sched_is_hungry(u->run.sched))
		batch_send(u);
}

/* Carry out the items of B, whose directory is its own. */
static void
carry_all(struct worker *w, struct batch *b)
{
	struct run *run = w->run;
	struct err err = ERR_OK;
	bool gone = cancel_requested(&run->cancel);

	if (!gone)
		err = nodes_hold(run->nodes, b->dir);
	for (struct item *i = b->first; i != NULL; i = i->next) {
		struct entry e = { .dir = b->dir, .src_name = i->name, .name = i->name };
		if (err_failed(err))
			tell_error(w, &e, err, NULL);
		else if (!gone && !cancel_requested(&run->cancel))
			item_carry(w, b->dir, i);
		atomic_fetch_sub(i->claim, 1);
	}
	if (!gone && !err_failed(err))
		nodes_release(run->nodes, b->dir);
}

/* Take the first batch that waits; NULL = there is none, and the strand is not active any more. */
static struct batch *
next_batch(struct strand *s)
{
	pthread_mutex_lock(&s->u->lock);
	struct batch *b = s->first;
	if (b == NULL) {
		s->active = false;
	} else {
		s->first = b->next;
		if (s->first == NULL)
			s->last = &s->first;
	}
	pthread_mutex_unlock(&s->u->lock);
	return b;
}

void
batch_run(struct job *job, unsigned number)
{
	struct node *dir = (struct node *)job;
	struct strand *s = strand_of(dir);
	struct unpacking *u = s->u;
	struct worker *w = &u->run.workers[number];
	struct batch *b = next_batch(s);

	while (b != NULL) {
		carry_all(w, b);
		bufs_return(u->batches, b);
		pthread_mutex_lock(&u->lock);
		pthread_cond_broadcast(&u->idle);
		pthread_mutex_unlock(&u->lock);
		/* the strand goes with its directory's last work */
		b = next_batch(s);
		nodes_drop_work(u->run.nodes, dir, w);
	}
}

void
batch_send(struct unpacking *u)
{
	struct batch *b = u->open;

	u->open = NULL;
	if (b == NULL)
		return;
	struct node *dir = b->dir;
	if (b->n == 0) {
		bufs_return(u->batches, b);
		nodes_drop_work(u->run.nodes, dir, u->w);
		return;
	}
	struct strand *s = strand_of(dir);
	pthread_mutex_lock(&u->lock);
	*s->last = b;
	s->last = &b->next;
	bool push = !s->active;
	s->active = true;
	pthread_mutex_unlock(&u->lock);
	/* there are fewer buffers than the lane takes */
	if (push)
		BUG_ON(!sched_push(u->run.sched, LANE_BATCHES, &dir->job));
}

atomic_uint *
claim_of(struct unpacking *u, const struct stat *st, const char *name)
{
	char folded[NAME_MAX + 1];
	size_t len = 0;

	/* where case does not count two names may be one; elsewhere this costs nothing */
	for (; name[len] != '\0' && len < NAME_MAX; len++)
		folded[len] = (char)tolower((unsigned char)name[len]);
	uint64_t h =
	    XXH3_64bits_withSeed(folded, len, st->st_dev * 0x9e3779b97f4a7c15 ^ st->st_ino);
	return &u->names[h & (NAMES_N - 1)];
}

void
claim_wait(struct unpacking *u, atomic_uint *claim)
{
	if (atomic_load(claim) == 0)
		return;
	batch_send(u);
	pthread_mutex_lock(&u->lock);
	while (atomic_load(claim) != 0)
		pthread_cond_wait(&u->idle, &u->lock);
	pthread_mutex_unlock(&u->lock);
}
