/* SPDX-License-Identifier: BSD-2-Clause */
/* Sorting more than memory holds: sorted runs in a nameless file, merged by a heap. */
#include "run/collate.h"

#include "base/own.h"
#include "sys/file.h"
#include "sys/fs.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_SIZE = 16 << 10, /* bytes of a lane at first; arbitrary */
	READ_SIZE = 64 << 10   /* bytes of a run in memory while it is merged; arbitrary */
};

/* What a record begins with in a lane and in a run; key and body follow. */
struct head {
	uint32_t key_len;
	uint32_t body_len;
};

/* A growing buffer of records. */
struct lane {
	char *buf;
	size_t len;
	size_t cap;
	size_t count; /* records in it */
	bool sorted;  /* they are in order */
};

/* A run of the file. */
struct run_of_file {
	int64_t from; /* first byte */
	int64_t end;  /* behind the last */
};

struct collate {
	size_t lane_size;
	unsigned n_lanes;
	atomic_int fd; /* the file, -1 = none yet; open for reading and writing */
	pthread_mutex_t lock;
	/* --- guarded by lock --- */
	struct run_of_file *runs;
	size_t n_runs;
	size_t cap_runs;
	int64_t size; /* of the file */
	/* --- end of guarded --- */
	struct lane lanes[];
};

struct collate *
collate_new(unsigned lanes, size_t lane_size)
{
	struct collate *c = calloc(1, sizeof *c + lanes * sizeof c->lanes[0]);

	if (c == NULL)
		return NULL;
	c->lane_size = lane_size;
	c->n_lanes = lanes;
	atomic_init(&c->fd, -1);
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void
collate_free(struct collate *c)
{
	if (c == NULL)
		return;
	int fd = atomic_load(&c->fd);
	file_drop(&fd);
	for (unsigned i = 0; i < c->n_lanes; i++)
		free(c->lanes[i].buf);
	free(c->runs);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* The record that starts at AT. */
static struct record
record_at(const char *at)
{
	struct head h;

	memcpy(&h, at, sizeof h);
	return (struct record){
		.key = at + sizeof h,
		.key_len = h.key_len,
		.body = at + sizeof h + h.key_len,
		.body_len = h.body_len,
	};
}

static int
compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int
compare(const struct record *a, const struct record *b)
{
	int order = compare_bytes(a->key, a->key_len, b->key, b->key_len);

	return order != 0 ? order : compare_bytes(a->body, a->body_len, b->body, b->body_len);
}

static int
compare_starts(const void *a, const void *b)
{
	struct record x = record_at(*(const char *const *)a);
	struct record y = record_at(*(const char *const *)b);

	return compare(&x, &y);
}

static size_t
size_of(const struct record *r)
{
	return sizeof(struct head) + r->key_len + r->body_len;
}

/* Sort L's records.  Fails with MEMORY. */
static struct err
sort_lane(struct lane *l)
{
	size_t len = 0;

	if (l->sorted || l->count == 0)
		return ERR_OK;
	own_mem const char **starts = calloc(l->count, sizeof starts[0]);
	own_mem char *sorted = malloc(l->cap);
	if (starts == NULL || sorted == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t i = 0, at = 0; i < l->count; i++) {
		struct record r = record_at(l->buf + at);
		starts[i] = l->buf + at;
		at += size_of(&r);
	}
	qsort(starts, l->count, sizeof starts[0], compare_starts);
	for (size_t i = 0; i < l->count; i++) {
		struct record r = record_at(starts[i]);
		memcpy(sorted + len, starts[i], size_of(&r));
		len += size_of(&r);
	}
	free(l->buf);
	l->buf = sorted;
	sorted = NULL;
	l->sorted = true;
	return ERR_OK;
}

/* The file of the runs, made by the first that needs it. */
static struct err
open_file(struct collate *c, int *fd)
{
	int none = -1;

	*fd = atomic_load(&c->fd);
	if (*fd >= 0)
		return ERR_OK;
	TRY(fs_open_temporary(fd));
	if (atomic_compare_exchange_strong(&c->fd, &none, *fd))
		return ERR_OK;
	file_drop(fd); /* another lane was first */
	*fd = none;
	return ERR_OK;
}

/* Note a run of LEN bytes; *AT is where it is to be written. */
static struct err
note_run(struct collate *c, size_t len, int64_t *at)
{
	struct err err = ERR_OK;

	pthread_mutex_lock(&c->lock);
	if (c->n_runs == c->cap_runs) {
		size_t cap = c->cap_runs > 0 ? 2 * c->cap_runs : 16;
		struct run_of_file *runs = realloc(c->runs, cap * sizeof runs[0]);

		if (runs == NULL)
			err = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		else {
			c->runs = runs;
			c->cap_runs = cap;
		}
	}
	if (!err_failed(err)) {
		*at = c->size;
		c->size += (int64_t)len;
		c->runs[c->n_runs++] = (struct run_of_file){ *at, c->size };
	}
	pthread_mutex_unlock(&c->lock);
	return err;
}

/* Write what L holds as a run. */
static struct err
spill(struct collate *c, struct lane *l)
{
	int64_t at;
	int fd;

	TRY(sort_lane(l));
	TRY(open_file(c, &fd));
	TRY(note_run(c, l->len, &at));
	TRY(file_pwrite_all(fd, l->buf, l->len, at));
	l->len = l->count = 0;
	return ERR_OK;
}

/* Make room for NEED more bytes in L. */
static struct err
reserve(struct lane *l, size_t need)
{
	size_t cap = l->cap > 0 ? l->cap : FIRST_SIZE;

	while (cap - l->len < need)
		cap *= 2;
	if (cap == l->cap)
		return ERR_OK;
	char *buf = realloc(l->buf, cap);
	if (buf == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	l->buf = buf;
	l->cap = cap;
	return ERR_OK;
}

struct err
collate_add(struct collate *c, unsigned lane, const struct record *r)
{
	struct lane *l = &c->lanes[lane];
	struct head h = { (uint32_t)r->key_len, (uint32_t)r->body_len };

	if (r->key_len > UINT32_MAX || r->body_len > UINT32_MAX)
		return err_make(ENAMETOOLONG, OP_MEMORY, SIDE_NONE, -1);
	if (l->count > 0 && l->len + size_of(r) > c->lane_size)
		TRY(spill(c, l));
	TRY(reserve(l, size_of(r)));
	char *at = l->buf + l->len;
	memcpy(at, &h, sizeof h);
	memcpy(at + sizeof h, r->key, r->key_len);
	memcpy(at + sizeof h + r->key_len, r->body, r->body_len);
	l->len += size_of(r);
	l->count++;
	l->sorted = false;
	return ERR_OK;
}

void
collate_sort(struct collate *c, unsigned lane)
{
	/* what is not in order stays so until somebody asks for it */
	(void)sort_lane(&c->lanes[lane]);
}

/* Where records come from: a run, or a lane that is in memory as a whole. */
struct source {
	struct record now; /* the next record */
	struct lane buf;   /* what is in memory of it; a lane's own is borrowed */
	size_t pos;        /* behind NOW */
	int64_t next;      /* where the run goes on */
	int64_t end;       /* where it ends; equal to NEXT for a lane */
};

/* Have NEED bytes at S->pos; false at the end of S. */
static struct err
have(struct source *s, int fd, size_t need, bool *there)
{
	size_t left = s->buf.len - s->pos;
	size_t got;

	*there = left >= need;
	if (*there || s->next == s->end)
		return ERR_OK;
	if (left > 0)
		memmove(s->buf.buf, s->buf.buf + s->pos, left);
	s->buf.len = left;
	s->pos = 0;
	TRY(reserve(&s->buf, need > READ_SIZE ? need : READ_SIZE));
	while (s->buf.len < need && s->next < s->end) {
		size_t room = s->buf.cap - s->buf.len;
		if ((int64_t)room > s->end - s->next)
			room = (size_t)(s->end - s->next);
		TRY(file_pread(fd, s->buf.buf + s->buf.len, room, s->next, &got));
		if (got == 0)
			return err_make(EIO, OP_READ, SIDE_NONE, s->next);
		s->next += (int64_t)got;
		s->buf.len += got;
	}
	*there = s->buf.len >= need;
	return ERR_OK;
}

/* Go to S's next record; *THERE false at its end. */
static struct err
advance(struct source *s, int fd, bool *there)
{
	struct head h;

	TRY(have(s, fd, sizeof h, there));
	if (!*there)
		return ERR_OK;
	memcpy(&h, s->buf.buf + s->pos, sizeof h);
	TRY(have(s, fd, sizeof h + h.key_len + h.body_len, there));
	if (!*there)
		return ERR_OK;
	s->now = record_at(s->buf.buf + s->pos);
	s->pos += size_of(&s->now);
	return ERR_OK;
}

/* All sources that have a record, the least on top. */
struct heap {
	struct source **at;
	size_t n;
};

static void
sink_down(struct heap *h, size_t i)
{
	for (;;) {
		size_t least = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < h->n; child++) {
			if (compare(&h->at[child]->now, &h->at[least]->now) < 0)
				least = child;
		}
		if (least == i)
			return;
		struct source *s = h->at[i];
		h->at[i] = h->at[least];
		h->at[least] = s;
		i = least;
	}
}

static struct err
merge(struct heap *h, int fd, collate_take *take, void *taker)
{
	for (size_t i = h->n; i-- > 0;)
		sink_down(h, i);
	while (h->n > 0) {
		bool there;

		TRY(take(taker, &h->at[0]->now));
		TRY(advance(h->at[0], fd, &there));
		if (!there)
			h->at[0] = h->at[--h->n];
		sink_down(h, 0);
	}
	return ERR_OK;
}

/* Begin SOURCES: first the runs, then the lanes. */
static struct err
begin(struct collate *c, struct source *sources, struct heap *h)
{
	for (size_t i = 0; i < c->n_runs + c->n_lanes; i++) {
		struct source *s = &sources[i];
		bool there;

		if (i < c->n_runs) {
			s->next = c->runs[i].from;
			s->end = c->runs[i].end;
		} else {
			struct lane *l = &c->lanes[i - c->n_runs];
			TRY(sort_lane(l));
			s->buf = *l;
		}
		TRY(advance(s, atomic_load(&c->fd), &there));
		if (there)
			h->at[h->n++] = s;
	}
	return ERR_OK;
}

struct err
collate_each(struct collate *c, collate_take *take, void *taker)
{
	size_t n = c->n_runs + c->n_lanes;
	own_mem struct source *sources = calloc(n, sizeof sources[0]);
	own_mem struct source **at = calloc(n, sizeof(struct source *));
	struct heap h = { .at = at };

	if (sources == NULL || at == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	struct err err = begin(c, sources, &h);
	if (!err_failed(err))
		err = merge(&h, atomic_load(&c->fd), take, taker);
	for (size_t i = 0; i < c->n_runs; i++)
		free(sources[i].buf.buf);
	return err;
}
