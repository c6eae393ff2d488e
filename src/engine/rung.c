/* SPDX-License-Identifier: BSD-2-Clause */
/* The rungs of the engine's ladder, and what their errors mean (TRUST.md 1.1, 1.2). */
#include "engine/rung.h"

#include "engine/extent.h"
#include "engine/fstraits.h"
#include "sys/file.h"
#include "sys/move.h"

#include <errno.h>

enum {
	/* The most that is moved between two looks at the cancellation: DESIGN.md 8. */
	MOVE_STEP = 64 << 20
};

/* CODE says that a means does not work for this pair of files or of file systems. */
static bool
is_refusal(int code)
{
	switch (code) {
	case ENOSYS:
	case ENOTTY:
	case EOPNOTSUPP:
	case EXDEV:
	case EINVAL:
	case EBADF:
	case ETXTBSY:
	case EISDIR:
	case EPERM:
	case EACCES:
		return true;
	default:
		return false;
	}
}

/* CODE holds for every means: going on by another one has corrupted data (coreutils before 9.2). */
static bool
is_final(int code)
{
	switch (code) {
	case ENOSPC:
	case EDQUOT:
	case ENOMEM:
	case EFBIG:
		return true;
	default:
		return false;
	}
}

/* CODE, after data was written, says that a stacked file system changed its mind. */
static bool
is_late_refusal(int code)
{
	return code == EXDEV || code == EOPNOTSUPP || code == EINVAL;
}

/* A server or a daemon stands behind an end of P: errors may be about the means only. */
static bool
is_remote(const struct pass *p)
{
	struct refusals *r = p->e->refusals;
	unsigned src = refusals_traits(r, p->f->st->st_dev, p->f->src, SIDE_SRC);
	unsigned dst = refusals_traits(r, p->f->dst_dev, p->f->dst, SIDE_DST);
	return (src & dst & FS_LOCAL) == 0;
}

/* Set how far P is done, for progress too. */
static void
set_done(struct pass *p, int64_t done)
{
	if (p->f->live_bytes != NULL)
		atomic_fetch_add_explicit(
		    p->f->live_bytes, done - p->out->bytes, memory_order_relaxed);
	p->out->bytes = done;
}

/* Make the destination as it was before any data came, and start again. */
static struct err
start_again(struct pass *p)
{
	TRY(file_truncate(p->f->dst, 0));
	if (p->ahead > 0)
		TRY(file_truncate(p->f->dst, p->ahead));
	p->size = p->ahead;
	p->reserved = 0;
	p->dirty = false;
	p->shared = 0;
	p->out->holes = 0;
	if (p->f->observer != NULL)
		p->f->observer->begin(p->f->observer);
	set_done(p, 0);
	return ERR_OK;
}

/* Decide what the failure *WHY of means M is worth. */
static enum answer
judge(struct pass *p, enum method m, struct err *why)
{
	int code = why->code;
	bool next = p->dirty ? is_late_refusal(code)
			     : is_refusal(code) || (!is_final(code) && is_remote(p));
	if (!next)
		return RUNG_FAIL;
	if (!p->dirty)
		refusals_note(p->e->refusals, pass_devs(p), m, code);
	/* Whoever cannot do it at all has not touched the destination. */
	if (p->dirty || !refusal_lasts(pass_devs(p), code)) {
		struct err e = start_again(p);
		if (err_failed(e)) {
			*why = e;
			return RUNG_FAIL;
		}
	}
	return RUNG_NEXT;
}

/* Show the observer what the destination has from the source now; the source may go on changing. */
static struct err
show_clone(const struct pass *p)
{
	own_fd clone = -1;
	struct observer *o = p->f->observer;
	struct extents x;
	struct range r;
	int64_t pos = 0;

	TRY(file_reopen(p->f->dst, &clone));
	extents_init(&x, clone, 0, p->f->st->st_size, p->seek);
	while (extents_next(&x, &r)) {
		TRY(observer_see_hole(o, r.off - pos, p->e->cancel));
		for (pos = r.off; pos < r.off + r.len;) {
			int64_t left = r.off + r.len - pos;
			size_t got = left < (int64_t)p->buf.size ? (size_t)left : p->buf.size;
			TRY(cancel_check(p->e->cancel));
			TRY(file_pread(clone, p->buf.mem, got, pos, &got));
			if (got == 0)
				return err_make(EIO, OP_READ, SIDE_DST, pos);
			o->see(o, p->buf.mem, got);
			pos += (int64_t)got;
		}
	}
	return observer_see_hole(o, p->f->st->st_size - pos, p->e->cancel);
}

/* The error E with the end that it is about: the kernel has not told, a look at the source does. */
static struct err
blame(const struct pass *p, struct err e)
{
	size_t got;
	if (e.code != EIO)
		return e;
	TRY(file_pread(p->f->src, p->buf.mem, p->buf.size, p->f->src_off + p->out->bytes, &got));
	return err_make(e.code, e.op, SIDE_DST, p->out->bytes);
}

bool
rung_can_share(const struct pass *p)
{
	return p->f->src_off % CLONE_BLOCK == 0 && p->end >= CLONE_BLOCK;
}

/* Share the whole blocks of a part; what is behind them is left to the next means. */
static enum answer
share_blocks(struct pass *p)
{
	int64_t len = p->end - p->end % CLONE_BLOCK;

	p->out->method = METHOD_CLONE;
	p->shared = len;
	p->size = len;
	set_done(p, len);
	return len == p->end ? RUNG_DONE : RUNG_NEXT;
}

enum answer
rung_clone(struct pass *p, struct err *why)
{
	int64_t off = p->f->src_off;

	*why = cancel_check(p->e->cancel);
	if (err_failed(*why))
		return RUNG_FAIL;
	if (off != 0 && !rung_can_share(p))
		*why = err_make(EINVAL, OP_CLONE, SIDE_SRC, off);
	else if (off != 0)
		*why = move_clone_range(p->f->dst, p->f->src, off, p->end - p->end % CLONE_BLOCK);
	else
		*why = move_clone(p->f->dst, p->f->src);
	if (err_failed(*why)) {
		bool must = p->e->opts->reflink == WHEN_ALWAYS;
		enum answer a = must ? RUNG_FAIL : judge(p, METHOD_CLONE, why);
		if (a == RUNG_FAIL)
			*why = blame(p, *why);
		return a;
	}
	if (off != 0)
		return share_blocks(p);
	p->out->method = METHOD_CLONE;
	p->size = p->f->st->st_size;
	set_done(p, p->size);
	if (p->f->observer != NULL && !p->f->observer->no_clones)
		*why = show_clone(p);
	return err_failed(*why) ? RUNG_FAIL : RUNG_DONE;
}

/* Pass over the hole between where P is done and OFF. */
static struct err
skip_hole(struct pass *p, int64_t off)
{
	if (p->f->observer != NULL)
		TRY(observer_see_hole(p->f->observer, off - p->out->bytes, p->e->cancel));
	p->out->holes += off - p->out->bytes;
	set_done(p, off);
	return ERR_OK;
}

/* Move [done, END) by MOVE, which is means M.  0 bytes moved means the end of the source, or a file
 * system that does not do what it says: the next rung, and at last a read, finds out. */
static enum answer
move_data(struct pass *p, enum method m, move_range *move, int64_t end, struct err *why)
{
	while (p->out->bytes < end) {
		int64_t pos = p->out->bytes;
		int64_t n = 0;
		int64_t step = pace_step(p->e->pace, end - pos < MOVE_STEP ? end - pos : MOVE_STEP);
		*why = cancel_check(p->e->cancel);
		if (!err_failed(*why))
			*why = pace_take(p->e->pace, step);
		if (err_failed(*why))
			return RUNG_FAIL;
		*why = move(p->f->src, p->f->src_off + pos, p->f->dst, pos, step, &n);
		if (err_failed(*why)) {
			enum answer a = judge(p, m, why);
			if (a == RUNG_FAIL)
				*why = blame(p, *why);
			return a;
		}
		if (n == 0)
			return RUNG_NEXT;
		p->dirty = true;
		p->out->method = m;
		set_done(p, pos + n);
		if (p->size < pos + n)
			p->size = pos + n;
	}
	return RUNG_DONE;
}

/* Move the rest of P, one range of data after the other. */
static enum answer
move_ranges(struct pass *p, enum method m, move_range *move, struct err *why)
{
	struct extents x;
	struct range r;
	extents_init(&x, p->f->src, p->out->bytes, p->end, p->seek);
	while (extents_next(&x, &r)) {
		*why = skip_hole(p, r.off);
		if (err_failed(*why))
			return RUNG_FAIL;
		enum answer a = move_data(p, m, move, r.off + r.len, why);
		if (a != RUNG_DONE)
			return a;
	}
	*why = skip_hole(p, p->end);
	return err_failed(*why) ? RUNG_FAIL : RUNG_DONE;
}

enum answer
rung_copy_range(struct pass *p, struct err *why)
{
	return move_ranges(p, METHOD_COPY_RANGE, move_copy_range, why);
}

enum answer
rung_sendfile(struct pass *p, struct err *why)
{
	return move_ranges(p, METHOD_SENDFILE, move_sendfile, why);
}

enum answer
rung_buffer(struct pass *p, struct err *why)
{
	struct buffered b = {
		.src = p->f->src,
		.shift = p->f->src_off,
		.dst = p->f->dst,
		.buf = p->buf,
		.holes = p->detect,
		.observer = p->f->observer,
		.cancel = p->e->cancel,
		.pace = p->e->pace,
		.live_bytes = p->f->live_bytes,
	};
	struct extents x;
	struct range r;
	extents_init(&x, p->f->src, p->out->bytes, p->end, p->seek);
	while (extents_next(&x, &r)) {
		struct tally t;
		*why = skip_hole(p, r.off);
		if (err_failed(*why))
			return RUNG_FAIL;
		*why = buffered_copy(&b, r.off, r.len, &t);
		p->out->bytes += t.bytes;
		p->out->holes += t.holes;
		if (t.bytes > 0)
			p->out->method = METHOD_BUFFER;
		if (p->size < t.written)
			p->size = t.written;
		if (err_failed(*why))
			return RUNG_FAIL;
		if (t.bytes < r.len)
			return RUNG_DONE;
	}
	/* Without an end, the end of the source has ended it above. */
	*why = skip_hole(p, p->end);
	return err_failed(*why) ? RUNG_FAIL : RUNG_DONE;
}
