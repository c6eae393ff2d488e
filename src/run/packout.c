/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Content of an archive that is not compressed, straight from file to output:
 *
 *     file, from where it stands    copy_file_range (clones where both are aligned), sendfile
 *     pipe                          splice
 *     socket                        sendfile
 *
 * and by read and write what these refuse.  Each starts where the one before it ended.
 */
#include "run/packout.h"

#include "run/packalign.h"
#include "sys/file.h"
#include "sys/move.h"

#include <errno.h>

enum {
	ZEROS = 4096,          /* of padding, at once; arbitrary */
	FILE_STEP = 64 << 20,  /* between two looks at the cancellation (DESIGN.md 8) */
	SPLICE_STEP = 1 << 20, /* more than a pipe holds by default */
};

struct err
packout_write(struct packout *p, const void *bytes, size_t n)
{
	TRY(p->failed);
	p->failed =
	    p->pieces != NULL ? pieces_write(p->pieces, bytes, n) : out_write(p->out, bytes, n);
	p->at += (int64_t)n;
	return p->failed;
}

static struct err
put(struct arc_drain *drain, const void *bytes, size_t n)
{
	struct packout *p = (struct packout *)drain;

	if (!p->holds)
		return packout_write(p, bytes, n);
	str_add(&p->held, bytes, n);
	return str_check(&p->held);
}

void
packout_hold(struct packout *p)
{
	p->holds = true;
}

struct err
packout_let_go(struct packout *p, size_t align)
{
	struct str head = STR_INIT;

	p->holds = false;
	if (align > 0) {
		p->held.len -= align;
		str_add(&head, p->held.buf + p->held.len, align);
	}
	struct err err = packout_write(p, p->held.buf, p->held.len);
	if (!err_failed(err))
		err = str_check(&head);
	if (!err_failed(err) && align > 0)
		err = pack_align_header(&head, p->at);
	if (!err_failed(err))
		err = packout_write(p, head.buf, head.len);
	str_clear(&p->held);
	str_release(&head);
	return err;
}

void
packout_release(struct packout *p)
{
	str_release(&p->held);
	pieces_free(p->pieces);
}

struct err
packout_pack(struct packout *p, const struct pieces_how *how)
{
	return pieces_new(how, p->out, &p->pieces);
}

struct err
packout_end(struct packout *p)
{
	TRY(p->failed);
	p->failed = p->pieces != NULL ? pieces_end(p->pieces) : ERR_OK;
	return p->failed;
}

void
packout_init(struct packout *p, struct out *out, const struct cancel *cancel, struct block buf,
    _Atomic int64_t *live_bytes)
{
	*p = (struct packout){
		.drain = { .put = put },
		.out = out,
		.cancel = cancel,
		.buf = buf,
		.live_bytes = live_bytes,
		.held = STR_INIT,
	};
}

bool
packout_is_bare(const struct packout *p)
{
	return p->out->ring == NULL && p->out->taps == NULL && p->out->fd >= 0;
}

/* Move at most R from where both stand; *N is how much.  EAGAIN: the output is full. */
typedef struct err means(struct packout *p, const struct packed_range *r, int64_t *n);

static int64_t
at_most(int64_t len, int64_t step)
{
	return len < step ? len : step;
}

static struct err
by_range(struct packout *p, const struct packed_range *r, int64_t *n)
{
	TRY(file_seek_to(r->fd, r->off, SIDE_SRC));
	return move_copy_range_on(r->fd, p->out->fd, at_most(r->len, FILE_STEP), n);
}

static struct err
by_file_sendfile(struct packout *p, const struct packed_range *r, int64_t *n)
{
	int64_t to;

	TRY(file_position(p->out->fd, SIDE_DST, &to));
	return move_sendfile(r->fd, r->off, p->out->fd, to, at_most(r->len, FILE_STEP), n);
}

static struct err
by_splice(struct packout *p, const struct packed_range *r, int64_t *n)
{
	size_t moved = 0;

	TRY(file_seek_to(r->fd, r->off, SIDE_SRC));
	struct err err =
	    pipe_splice(r->fd, p->out->fd, (size_t)at_most(r->len, SPLICE_STEP), &moved);
	*n = (int64_t)moved;
	return err;
}

static struct err
by_sendfile(struct packout *p, const struct packed_range *r, int64_t *n)
{
	size_t moved = 0;

	(void)fd_wait(p->out->fd, true, cancel_fd(p->cancel)); /* asked by the caller */
	TRY(cancel_check(p->cancel));
	struct err err =
	    pipe_sendfile(r->fd, r->off, p->out->fd, (size_t)at_most(r->len, SPLICE_STEP), &moved);
	*n = (int64_t)moved;
	return err;
}

/* The means for P's output, NULL-terminated. */
static means *const *
means_for(const struct packout *p)
{
	static means *const none[] = { NULL };
	static means *const file[] = { by_range, by_file_sendfile, NULL };
	static means *const pipe[] = { by_splice, NULL };
	static means *const socket[] = { by_sendfile, NULL };

	if (!p->knows || p->observer != NULL)
		return none; /* somebody looks at the bytes */
	switch (p->facts.kind) {
	case FD_FILE:
		return p->facts.appends ? none : file;
	case FD_PIPE:
		return pipe;
	case FD_SOCKET:
		return socket;
	default:
		return none;
	}
}

/* True when E ends the archive, and is no refusal: a later means would meet it again. */
static bool
is_final(struct err e)
{
	return e.side == SIDE_DST || err_class(e) == ERR_CLASS_CANCELED;
}

/* Move what MOVE can of R; R is what is left. */
static struct err
move_by(struct packout *p, means *move, struct packed_range *r, struct moved *moved)
{
	while (r->len > 0) {
		int64_t n = 0;

		TRY(cancel_check(p->cancel));
		struct err err = move(p, r, &n);
		if (err.code == EAGAIN) {
			(void)fd_wait(p->out->fd, true, cancel_fd(p->cancel));
			continue;
		}
		if (err_failed(err) && is_final(err))
			return err;
		if (err_failed(err) || n == 0)
			return ERR_OK; /* the next means goes on here, reading and writing last */
		r->off += n;
		r->len -= n;
		p->at += n;
		p->out->bytes += n;
		moved->bytes += n;
		moved->method = move == by_range ? METHOD_COPY_RANGE : METHOD_SENDFILE;
		atomic_fetch_add_explicit(p->live_bytes, n, memory_order_relaxed);
	}
	return ERR_OK;
}

static struct err
write_zeros(struct packout *p, int64_t n)
{
	static const char zeros[ZEROS];

	while (n > 0) {
		size_t part = (size_t)at_most(n, ZEROS);
		TRY(packout_write(p, zeros, part));
		n -= (int64_t)part;
	}
	return ERR_OK;
}

/* Read and write what is left of R. */
static struct err
move_by_buffer(struct packout *p, struct packed_range *r, struct moved *moved, struct err *read)
{
	while (r->len > 0) {
		size_t got = 0;

		TRY(cancel_check(p->cancel));
		*read = file_pread(
		    r->fd, p->buf.mem, (size_t)at_most(r->len, (int64_t)p->buf.size), r->off, &got);
		if (!err_failed(*read) && got == 0)
			*read = err_make(ESTALE, OP_CHANGED, SIDE_SRC, r->off);
		if (err_failed(*read))
			return ERR_OK;
		if (p->observer != NULL)
			p->observer->see(p->observer, p->buf.mem, got);
		TRY(packout_write(p, p->buf.mem, got));
		r->off += (int64_t)got;
		r->len -= (int64_t)got;
		moved->bytes += (int64_t)got;
		moved->method = METHOD_BUFFER;
		atomic_fetch_add_explicit(p->live_bytes, (int64_t)got, memory_order_relaxed);
	}
	return ERR_OK;
}

struct err
packout_content(struct packout *p, const struct packed_range *range, unsigned pad,
    struct moved *moved, struct err *read)
{
	struct packed_range r = *range;

	*read = ERR_OK;
	TRY(p->failed);
	p->failed = out_flush(p->out);
	TRY(p->failed);
	if (!p->knows && packout_is_bare(p)) {
		TRY(fd_facts(p->out->fd, &p->facts));
		p->knows = true;
	}
	for (means *const *m = means_for(p); *m != NULL && r.len > 0; m++) {
		p->failed = move_by(p, *m, &r, moved);
		TRY(p->failed);
	}
	TRY(move_by_buffer(p, &r, moved, read));
	return write_zeros(p, r.len + pad);
}
