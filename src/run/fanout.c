/* SPDX-License-Identifier: BSD-2-Clause */
/* One file's content to several destinations. */
#include "run/fanout.h"

#include "engine/extent.h"
#include "run/carry.h"
#include "run/fan.h"
#include "sys/file.h"
#include "sys/proc.h"

#include <errno.h>

/* The file at one destination. */
struct spout {
	const struct entry *e; /* at that place; borrowed */
	int dst;               /* open, to be filled */
	bool done;             /* it has the content */
	struct err err;        /* why it has not */
	struct tally tally;    /* what was written while others read */
	struct moved moved;    /* how it got its content */
};

struct fanout {
	struct observer observer;  /* first: writes to all that are not done, and digests */
	struct worker *w;          /* who carries */
	const struct entry *entry; /* as the walk knows it */
	int src;                   /* the source */
	struct stat *st;           /* its attributes; newer ones when it changed */
	size_t next;               /* the place that is to be made ready next */
	bool moved;                /* the content has been moved */
	struct str hash;           /* digests of it */
	struct spout *leader;      /* who is written by the engine itself; NULL = nobody */
	bool holes;                /* zeros are left out */
	int64_t at;                /* bytes that the observer has seen */
	size_t n;                  /* destinations that want the content */
	struct spout spouts[COPY_TO_MAX + 1]; /* [n] */
};

static bool
wants(const struct spout *s)
{
	return !s->done && !err_failed(s->err);
}

static struct fanout *
fanout_of(struct observer *o)
{
	return (struct fanout *)(void *)o;
}

static struct observer *
digester(const struct fanout *f)
{
	const struct request *request = &f->w->run->request;

	/* what goes through commands is digested behind them */
	return request->hash != NULL && request->through == NULL ? &f->w->hashing.observer : NULL;
}

/* The content begins, or begins again: what the followers have is not it. */
static void
begin(struct observer *o)
{
	struct fanout *f = fanout_of(o);
	struct observer *digests = digester(f);

	f->at = 0;
	if (digests != NULL)
		digests->begin(digests);
	for (size_t i = 0; i < f->n; i++) {
		struct spout *s = &f->spouts[i];
		if (s == f->leader || !wants(s))
			continue;
		s->tally = (struct tally){ 0 };
		if (S_ISREG(f->st->st_mode))
			s->err = file_truncate(s->dst, 0);
	}
}

/* Write the next block to the followers.  What fails at one is kept for it. */
static void
see(struct observer *o, const void *bytes, size_t n)
{
	struct fanout *f = fanout_of(o);
	struct observer *digests = digester(f);

	if (digests != NULL)
		digests->see(digests, bytes, n);
	for (size_t i = 0; i < f->n; i++) {
		struct spout *s = &f->spouts[i];
		struct buffered b = {
			.dst = s->dst,
			.holes = f->holes,
			.pace = f->w->run->pace,
			.live_bytes = &f->w->run->live->bytes_done,
		};
		if (s != f->leader && wants(s))
			s->err = buffered_write(&b, bytes, n, f->at, &s->tally);
	}
	f->at += (int64_t)n;
}

/* The followers have all that the observer saw. */
static void
finish_followers(struct fanout *f, enum method method)
{
	for (size_t i = 0; i < f->n; i++) {
		struct spout *s = &f->spouts[i];
		if (s == f->leader || !wants(s))
			continue;
		if (s->tally.written < f->at)
			s->err = file_truncate(s->dst, f->at);
		s->moved.bytes = f->at;
		s->moved.holes = s->tally.holes;
		s->moved.method = f->at > 0 ? method : METHOD_NONE;
		s->done = !err_failed(s->err);
	}
}

/* E is the end of all that is not done. */
static void
fail_all(struct fanout *f, struct err e)
{
	for (size_t i = 0; i < f->n; i++) {
		if (wants(&f->spouts[i]))
			f->spouts[i].err = e;
	}
}

static size_t
count_wanting(const struct fanout *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += wants(&f->spouts[i]);
	return n;
}

/* The first destination that has the content (DONE), or wants it; NULL = none. */
static struct spout *
first(struct fanout *f, bool done)
{
	for (size_t i = 0; i < f->n; i++) {
		struct spout *s = &f->spouts[i];
		if (done ? s->done : wants(s))
			return s;
	}
	return NULL;
}

static struct block
block_of(const struct fanout *f)
{
	return (struct block){ .mem = f->w->buf, .size = bufs_size(f->w->run->bufs) };
}

/* Have the engine E copy from FROM with attributes ST to S, shown to OBSERVER. */
static struct err
copy_to(struct fanout *f, const struct engine *e, const struct engine_file *from, struct spout *s)
{
	struct engine_file file = *from;

	file.dst = s->dst;
	file.dst_dev = s->e->dir->dst.st_dev;
	file.live_bytes = &f->w->run->live->bytes_done;
	return engine_copy(e, &file, block_of(f), &s->moved);
}

/* Whether a clone to S may be tried. */
static bool
may_clone(const struct fanout *f, const struct spout *s)
{
	const struct run *run = f->w->run;
	struct dev_pair devs = { .src = f->st->st_dev, .dst = s->e->dir->dst.st_dev };

	if (run->engine.opts->reflink == WHEN_ALWAYS)
		return true;
	return run->engine.opts->reflink == WHEN_AUTO && run->engine.opts->sparse == WHEN_AUTO &&
	       f->st->st_size > 0 && refusals_get(&run->refusals, devs, METHOD_CLONE) == 0;
}

/* Clone to each destination that can have one: that reads nothing. */
static void
clone_to_each(struct fanout *f)
{
	struct run *run = f->w->run;
	const struct engine_opts always = { .reflink = WHEN_ALWAYS };
	const struct engine_file from = { .src = f->src, .st = f->st };
	struct engine cloning = run->engine;

	cloning.opts = &always;
	for (size_t i = 0; i < f->n; i++) {
		struct spout *s = &f->spouts[i];
		struct dev_pair devs = { .src = f->st->st_dev, .dst = s->e->dir->dst.st_dev };
		if (!wants(s) || !may_clone(f, s))
			continue;
		struct err err = copy_to(f, &cloning, &from, s);
		s->done = !err_failed(err);
		if (s->done)
			continue;
		bool given_up = run->engine.opts->reflink == WHEN_ALWAYS || err.op != OP_CLONE;
		if (given_up || err_class(err) == ERR_CLASS_FATAL) {
			s->err = err;
			continue;
		}
		refusals_note(&run->refusals, devs, METHOD_CLONE, err.code);
		s->moved.refused = METHOD_CLONE;
		s->moved.refusal = err.code;
		s->err = file_truncate(s->dst, 0);
	}
}

/* Copy from SRC with attributes ST to all that want it, in one read. */
static void
copy_to_rest(struct fanout *f, int src, const struct stat *st)
{
	enum when sparse = f->w->run->engine.opts->sparse;
	struct spout *s;

	f->holes = sparse == WHEN_ALWAYS || (sparse == WHEN_AUTO && extents_missing(st));
	while ((s = first(f, false)) != NULL) {
		bool alone = count_wanting(f) == 1 && digester(f) == NULL;
		const struct engine_file from = {
			.src = src,
			.st = st,
			.observer = alone ? NULL : &f->observer,
		};
		f->leader = s;
		struct err err = copy_to(f, &f->w->run->engine, &from, s);
		if (!err_failed(err)) {
			finish_followers(f, s->moved.method);
			s->done = true;
			f->leader = NULL;
			return;
		}
		f->leader = NULL;
		/* an end of our own: the others begin again, led by the next one */
		if (err.side == SIDE_DST)
			s->err = err;
		else
			fail_all(f, err);
	}
}

/* Digest what stands at S, of which nothing was shown to anybody. */
static struct err
digest_clone(struct fanout *f, int fd)
{
	struct observer *digests = digester(f);
	struct block buf = block_of(f);
	int64_t at = 0;

	digests->begin(digests);
	for (;;) {
		size_t got;
		TRY(cancel_check(&f->w->run->cancel));
		TRY(file_pread(fd, buf.mem, buf.size, at, &got));
		if (got == 0)
			return ERR_OK;
		digests->see(digests, buf.mem, got);
		at += (int64_t)got;
	}
}

/* All else from S, which has the content: whatever the source is by now, all get the same. */
static void
copy_from(struct fanout *f, const struct spout *s)
{
	struct stat st;
	own_fd fd = -1;

	struct err err = file_reopen(s->dst, &fd);
	if (!err_failed(err))
		err = file_stat(fd, SIDE_DST, &st);
	if (!err_failed(err) && digester(f) != NULL && count_wanting(f) == 0)
		err = digest_clone(f, fd);
	if (err_failed(err)) {
		fail_all(f, err);
		return;
	}
	copy_to_rest(f, fd, &st);
}

/* Through the commands to the first destination that takes it, and from there to the others. */
static void
pass_to_each(struct fanout *f)
{
	struct spout *s;

	while ((s = first(f, false)) != NULL) {
		str_clear(&f->w->hash);
		struct err err = carry_through(f->w, s->e, f->src, f->st, s->dst, &s->moved);
		s->done = !err_failed(err);
		if (s->done)
			break;
		if (err.side == SIDE_DST)
			s->err = err;
		else
			fail_all(f, err);
	}
	if (s != NULL)
		copy_from(f, s);
	for (size_t i = 0; i < f->n; i++)
		f->spouts[i].moved.method = METHOD_COMMAND;
}

/* Read what has no size to its end. */
static void
stream_to_each(struct fanout *f)
{
	struct run *run = f->w->run;
	struct block buf = block_of(f);
	size_t got = 1;

	f->holes = false;
	begin(&f->observer);
	while (got > 0 && count_wanting(f) > 0) {
		proc_wait(cancel_fd(&run->cancel), f->src, -1);
		struct err err = cancel_check(&run->cancel);
		if (!err_failed(err))
			err = file_read(f->src, buf.mem, buf.size, SIDE_SRC, &got);
		if (err.code == EAGAIN) {
			got = 1;
			continue;
		}
		if (err_failed(err)) {
			fail_all(f, err);
			return;
		}
		see(&f->observer, buf.mem, got);
	}
	finish_followers(f, METHOD_BUFFER);
}

static void
move_once(struct fanout *f)
{
	str_clear(&f->w->hash);
	if (f->w->run->request.through != NULL) {
		pass_to_each(f);
		return;
	}
	if (!S_ISREG(f->st->st_mode)) {
		stream_to_each(f);
	} else {
		clone_to_each(f);
		const struct spout *s = first(f, true);
		if (s != NULL)
			copy_from(f, s);
		else
			copy_to_rest(f, f->src, f->st);
	}
	if (digester(f) != NULL && first(f, true) != NULL)
		hashing_text(&f->w->hashing, &f->w->hash);
}

/* Move the content to all; once more if the source changed meanwhile. */
static void
move_all(struct fanout *f)
{
	struct stat after;

	for (int i = 0; i < CARRY_TRIES; i++) {
		for (size_t k = 0; i > 0 && k < f->n; k++) {
			struct spout *s = &f->spouts[k];
			if (s->done)
				s->err = file_truncate(s->dst, 0);
			s->done = false;
		}
		move_once(f);
		const struct spout *s = first(f, true);
		if (s == NULL || !S_ISREG(f->st->st_mode))
			return;
		struct err err = file_stat(f->src, SIDE_SRC, &after);
		if (err_failed(err)) {
			fail_all(f, err);
			return;
		}
		if (carry_stood_still(f->w, f->st, &after, &s->moved))
			return;
		*f->st = after;
	}
	for (size_t i = 0; i < f->n; i++) {
		struct spout *s = &f->spouts[i];
		if (s->done)
			s->err = err_make(ESTALE, OP_CHANGED, SIDE_SRC, s->moved.bytes);
	}
}

/* Make the places ready that follow, until somebody has moved the content. */
static void
call_next(struct fanout *f)
{
	struct worker *w = f->w;

	while (!f->moved && f->next < w->run->n_places) {
		struct entry at;
		if (!fan_enter_place(w, f->entry, f->next++, &at))
			continue;
		struct err err = carry_examined(w, &at, f->src, f->st);
		if (err_failed(err))
			tell_error(w, &at, err, NULL);
		nodes_release(w->run->nodes, at.dir);
	}
}

bool
fanout_is_moved(const struct fanout *f)
{
	return f->moved;
}

struct err
fanout_move(struct worker *w, const struct entry *e, int dst, struct moved *moved)
{
	struct fanout *f = w->fanout;
	struct spout *mine = &f->spouts[f->n++];

	*mine = (struct spout){ .e = e, .dst = dst };
	call_next(f);
	if (!f->moved) {
		f->moved = true;
		move_all(f);
		str_clear(&f->hash);
		str_add(&f->hash, w->hash.buf, w->hash.len);
	}
	/* those that came in between have told of theirs */
	str_clear(&w->hash);
	str_add(&w->hash, f->hash.buf, f->hash.len);
	*moved = mine->moved;
	TRY(mine->err);
	return str_check(&w->hash);
}

void
fanout_carry(struct worker *w, const struct entry *e, int src, struct stat *st)
{
	struct fanout f = {
		.observer = { .begin = begin, .see = see },
		.w = w,
		.entry = e,
		.src = src,
		.st = st,
		.hash = STR_INIT,
	};

	w->fanout = &f;
	call_next(&f);
	w->fanout = NULL;
	str_release(&f.hash);
}
