/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patching: what both files share is passed over, holes are made where the source has them, and the rest
 * is read on both sides, compared block by block, and written where it differs.  Neighbors travel in
 * one write.
 */
#include "engine/patch.h"

#include "sys/file.h"

#include <errno.h>
#include <string.h>

/* A patching under way. */
struct pass {
	const struct patching *p;
	struct block buf;
	struct patched *out;
	bool punches; /* the destination's file system makes holes, as far as is known */
};

/* What is to be done with a block. */
enum fate {
	FATE_KEEP,  /* it is the same */
	FATE_WRITE, /* it is not */
	FATE_FREE,  /* it is to be a hole */
};

size_t
patch_grain(int64_t blksize)
{
	size_t grain = PATCH_BLOCK_MIN;

	while (grain < PATCH_BLOCK_MAX && (int64_t)grain < blksize)
		grain *= 2;
	return grain;
}

/* Count N bytes of the source as done. */
static void
count(const struct pass *s, int64_t n)
{
	s->out->bytes += n;
	if (s->p->live_bytes != NULL)
		atomic_fetch_add_explicit(s->p->live_bytes, n, memory_order_relaxed);
}

/* What is to be done with the N bytes of NEW, of which the destination has OLD (NULL = a hole). */
static enum fate
fate_of(const struct pass *s, const char *new, const char *old, size_t n)
{
	if (old != NULL && memcmp(new, old, n) == 0)
		return FATE_KEEP;
	if ((old == NULL || (s->p->make_holes && s->punches)) && buffered_is_zero(new, n))
		return old == NULL ? FATE_KEEP : FATE_FREE;
	return FATE_WRITE;
}

/* Make a hole of LEN bytes at OFF; false in *DONE if there is no such thing here. */
static struct err
make_hole(struct pass *s, int64_t off, int64_t len, bool *done)
{
	struct err err = s->punches ? file_punch(s->p->dst, off, len)
				    : err_make(EOPNOTSUPP, OP_ALLOCATE, SIDE_DST, off);

	*done = !err_failed(err);
	if (err.code == EOPNOTSUPP || err.code == ENOSYS) {
		s->punches = false;
		return ERR_OK;
	}
	TRY(err);
	s->out->freed += len;
	s->out->holes += len;
	return ERR_OK;
}

static struct err
write_new(struct pass *s, const char *new, size_t n, int64_t off)
{
	const struct buffered b = { .dst = s->p->dst, .pace = s->p->pace };
	struct tally tally = { 0 };

	struct err err = buffered_write(&b, new, n, off, &tally);
	s->out->written += tally.bytes;
	return err;
}

/* Do with N bytes at OFF what FATE says. */
static struct err
carry_out(struct pass *s, enum fate fate, const char *new, size_t n, int64_t off)
{
	bool done;

	if (fate == FATE_KEEP)
		return ERR_OK;
	if (fate == FATE_FREE) {
		TRY(make_hole(s, off, (int64_t)n, &done));
		if (done)
			return ERR_OK;
	}
	return write_new(s, new, n, off);
}

/* The bytes from OFF to the next border of a block, of at most LEFT. */
static size_t
piece_size(const struct pass *s, int64_t off, size_t left)
{
	size_t size = s->p->grain - (size_t)(off % (int64_t)s->p->grain);

	return size < left ? size : left;
}

/* Bring N bytes at OFF, which are NEW and were OLD (NULL = a hole), up to date. */
static struct err
patch_bytes(struct pass *s, const char *new, const char *old, size_t n, int64_t off)
{
	/* most of what is patched is the same */
	if (old != NULL && memcmp(new, old, n) == 0)
		return ERR_OK;
	for (size_t at = 0; at < n;) {
		size_t from = at;
		size_t piece = piece_size(s, off + (int64_t)at, n - at);
		enum fate fate = fate_of(s, new + at, old != NULL ? old + at : NULL, piece);

		for (at += piece; at < n; at += piece) {
			piece = piece_size(s, off + (int64_t)at, n - at);
			if (fate_of(s, new + at, old != NULL ? old + at : NULL, piece) != fate)
				break;
		}
		TRY(carry_out(s, fate, new + from, at - from, off + (int64_t)from));
	}
	return ERR_OK;
}

/* Bring [OFF, END) up to date by reading it, of the old content only what is no hole. */
static struct err
patch_data(struct pass *s, int64_t off, int64_t end, bool old_is_hole)
{
	const struct patching *p = s->p;
	size_t half = s->buf.size / 2;
	char *new = s->buf.mem;
	char *old = old_is_hole ? NULL : new + half;

	for (size_t n, got; off < end && !s->out->ended; off += (int64_t)n) {
		size_t size = end - off < (int64_t)half ? (size_t)(end - off) : half;
		TRY(cancel_check(p->cancel));
		TRY(file_pread_full(p->files.a, new, size, off, SIDE_SRC, &n));
		if (n < size) {
			s->out->ended = true;
			s->out->end = off + (int64_t)n;
		}
		if (n == 0)
			break;
		if (p->observer != NULL)
			p->observer->see(p->observer, new, n);
		if (old != NULL) {
			TRY(file_pread_full(p->files.b, old, n, off, SIDE_DST, &got));
			memset(old + got, 0, n - got);
		}
		TRY(patch_bytes(s, new, old, n, off));
		count(s, (int64_t)n);
	}
	return ERR_OK;
}

/* The source has a hole at R; the destination has data there if DATA. */
static struct err
patch_hole(struct pass *s, const struct range *r, bool data)
{
	bool done = !data;

	TRY(cancel_check(s->p->cancel));
	if (data)
		TRY(make_hole(s, r->off, r->len, &done));
	else
		s->out->holes += r->len;
	if (!done)
		return patch_data(s, r->off, r->off + r->len, false);
	if (s->p->observer != NULL)
		TRY(observer_see_hole(s->p->observer, r->len, s->p->cancel));
	count(s, r->len);
	return ERR_OK;
}

struct err
patch_range(
    const struct patching *p, int64_t off, int64_t end, struct block buf, struct patched *out)
{
	struct pass pass = { .p = p, .buf = buf, .out = out, .punches = true };
	struct abreast walk;
	struct stretch s;

	abreast_init(&walk, &p->files, off, end);
	while (!out->ended && abreast_next(&walk, &s)) {
		switch (s.kind) {
		case ABREAST_HOLES:
		case ABREAST_ONLY_B:
			TRY(patch_hole(&pass, &s.range, s.kind == ABREAST_ONLY_B));
			break;
		case ABREAST_SHARED:
			count(&pass, s.range.len);
			break;
		case ABREAST_ONLY_A:
		case ABREAST_BOTH:
			TRY(patch_data(&pass, s.range.off, s.range.off + s.range.len,
			    s.kind == ABREAST_ONLY_A));
			break;
		}
	}
	return ERR_OK;
}
