/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From one descriptor to another by the means that the two allow.
 *
 *     in \ out     file          pipe     socket     /dev/null   terminal, device, appended file
 *     file         ladder,range  splice   sendfile   buffer      buffer
 *     pipe         splice        splice   splice     splice      buffer
 *     socket       splices       splice   splices    buffer      buffer
 *     other        buffer        buffer   buffer     buffer      buffer
 *
 * Not sendfile into a pipe: it does the same as splice, but cannot be told not to block.  Nothing but
 * read from terminals and devices: programs hung when Go tried more (golang/go issue 71459).
 *
 * All means but the engine move the positions of the descriptors along, so that the next one goes on
 * where a means refused, whatever had been moved by then.  Each knows one error of its own: a refusal.
 */
#include "pipe/mover.h"

#include "pipe/function.h"
#include "sys/file.h"
#include "sys/move.h"
#include "sys/pipe.h"
#include "thread/bufs.h"

#include <errno.h>
#include <stdatomic.h>

enum {
	/* Bytes that one splice is asked for: more than a pipe holds (pipepool.c). */
	SPLICE_STEP = 1 << 20,
	/* The same for files, between two looks at the cancellation (DESIGN.md 8). */
	FILE_STEP = 64 << 20,
};

/* One descriptor of a move. */
struct side {
	int fd;                /* borrowed */
	struct fd_facts facts; /* what it is */
	bool polls;            /* it may have to be waited for */
};

/* A move in progress. */
struct move {
	struct mover *m;             /* what it needs, and where it counts */
	struct side in;              /* from */
	struct side out;             /* to */
	const struct cancel *cancel; /* borrowed */
	struct bufs *bufs;           /* where BLOCK comes from */
	struct block block;          /* borrowed at the first use; MEM is NULL before */
};

/* Moves until the input ends.  A refusal leaves the rest to the next means. */
typedef struct err means(struct move *mv);

static struct fd_known
known(const struct side *s)
{
	return (struct fd_known){ s->fd, s->facts.kind };
}

/* E says that a means does not work for this pair, and not that the pair does not work. */
static bool
is_refusal(struct err e)
{
	if (e.op != OP_SENDFILE && e.op != OP_COPY_RANGE)
		return false;
	switch (e.code) {
	case EINVAL:
	case ENOSYS:
	case EOPNOTSUPP:
	case EXDEV:
	case EBADF: /* copy_file_range to a file that was made to append meanwhile */
	case EPERM: /* by a filter of system calls: a container's */
	case EACCES:
		return true;
	default:
		return false;
	}
}

/* What a means that moves nothing, and says that all is well, amounts to: files of procfs and sysfs
 * have no bytes for the kernel's own means. */
static struct err
refusal(void)
{
	return err_make(EINVAL, OP_SENDFILE, SIDE_SRC, -1);
}

static void
show_progress(const struct mover *m, int64_t n)
{
	if (m->live != NULL)
		atomic_fetch_add_explicit(m->live, n, memory_order_relaxed);
}

static void
count(struct move *mv, enum moved_by by, int64_t n)
{
	if (n == 0)
		return;
	mv->m->by = by;
	mv->m->bytes += n;
	show_progress(mv->m, n);
}

/* Wait for more input, as long as somebody reads what comes of it. */
static struct err
await_in(const struct move *mv)
{
	struct fd_hangup out = { .fd = mv->out.polls ? mv->out.fd : -1 };

	if (mv->in.polls && fd_wait_input(mv->in.fd, cancel_fd(mv->cancel), out) == FD_HUNG_UP)
		return err_make(EPIPE, OP_WRITE, SIDE_DST, -1);
	return cancel_check(mv->cancel);
}

static struct err
await_out(const struct move *mv)
{
	if (mv->out.polls)
		(void)fd_wait(mv->out.fd, true, cancel_fd(mv->cancel)); /* asked right below */
	return cancel_check(mv->cancel);
}

static struct err
need_block(struct move *mv)
{
	if (mv->block.mem != NULL)
		return ERR_OK;
	mv->block.size = bufs_size(mv->bufs);
	return bufs_borrow(mv->bufs, mv->cancel, &mv->block.mem);
}

/* Write the first N bytes of the block. */
static struct err
write_block(struct move *mv, size_t n)
{
	for (size_t at = 0; at < n;) {
		size_t put = 0;
		TRY(await_out(mv));
		struct err e =
		    fd_write_ready(known(&mv->out), (const char *)mv->block.mem + at, n - at, &put);
		if (e.code == EAGAIN)
			continue;
		TRY(e);
		at += put;
		count(mv, MOVED_BY_BUFFER, (int64_t)put);
	}
	return ERR_OK;
}

/* Any pair, to the end of the input. */
static struct err
move_by_buffer(struct move *mv)
{
	TRY(need_block(mv));
	for (;;) {
		size_t got = 0;
		TRY(await_in(mv));
		struct err e = fd_read_ready(known(&mv->in), mv->block.mem, mv->block.size, &got);
		if (e.code == EAGAIN)
			continue;
		TRY(e);
		if (got == 0)
			return ERR_OK;
		TRY(write_block(mv, got));
	}
}

/* File to file where they stand. */
static struct err
move_by_range(struct move *mv)
{
	for (bool first = true;; first = false) {
		int64_t n = 0;
		TRY(cancel_check(mv->cancel));
		TRY(move_copy_range_on(mv->in.fd, mv->out.fd, FILE_STEP, &n));
		if (n == 0)
			return first ? refusal() : ERR_OK;
		count(mv, MOVED_BY_RANGE, n);
	}
}

/* A whole file to an empty one. */
static struct err
move_by_ladder(struct move *mv)
{
	struct stat in, out;
	struct moved moved = { 0 };
	TRY(need_block(mv));
	TRY(file_stat(mv->in.fd, SIDE_SRC, &in));
	TRY(file_stat(mv->out.fd, SIDE_DST, &out));
	struct engine_file f = {
		.src = mv->in.fd,
		.st = &in,
		.dst = mv->out.fd,
		.dst_dev = out.st_dev,
		.live_bytes = mv->m->live,
	};
	struct err e = engine_copy(mv->m->engine, &f, mv->block, &moved);
	if (moved.bytes > 0) /* the engine has shown the progress itself */
		mv->m->by = MOVED_BY_LADDER;
	mv->m->bytes += moved.bytes;
	TRY(e);
	TRY(file_seek_to(mv->in.fd, moved.bytes, SIDE_SRC));
	TRY(file_seek_to(mv->out.fd, moved.bytes, SIDE_DST));
	/* What the file has grown by meanwhile, which a reader of it would have got. */
	return move_by_buffer(mv);
}

/* Send from *OFF on; *OFF is where it ended. */
static struct err
send_from(struct move *mv, int64_t *off)
{
	for (bool first = true;;) {
		size_t n = 0;
		TRY(await_out(mv));
		struct err e = pipe_sendfile(mv->in.fd, *off, mv->out.fd, SPLICE_STEP, &n);
		if (e.code == EAGAIN)
			continue;
		TRY(e);
		if (n == 0)
			return first ? refusal() : ERR_OK;
		*off += (int64_t)n;
		count(mv, MOVED_BY_SENDFILE, (int64_t)n);
		first = false;
	}
}

/* File to socket. */
static struct err
move_by_sendfile(struct move *mv)
{
	int64_t off;
	TRY(file_position(mv->in.fd, SIDE_SRC, &off));
	struct err e = send_from(mv, &off);
	struct err seek = file_seek_to(mv->in.fd, off, SIDE_SRC);
	return err_failed(seek) && (!err_failed(e) || is_refusal(e)) ? seek : e;
}

/* One end is a pipe. */
static struct err
move_by_splice(struct move *mv)
{
	/* Pipes are tried first and waited for when they say so; sockets have to be waited for. */
	bool socket = mv->in.facts.kind == FD_SOCKET || mv->out.facts.kind == FD_SOCKET;
	bool wait = socket;
	bool first = true;
	for (;;) {
		size_t n = 0;
		if (wait) {
			TRY(await_in(mv));
			TRY(await_out(mv));
		}
		TRY(cancel_check(mv->cancel));
		struct err e = pipe_splice(mv->in.fd, mv->out.fd, SPLICE_STEP, &n);
		wait = socket || e.code == EAGAIN;
		if (e.code == EAGAIN)
			continue;
		TRY(e);
		if (n == 0)
			return first && mv->in.facts.kind == FD_FILE ? refusal() : ERR_OK;
		count(mv, MOVED_BY_SPLICE, (int64_t)n);
		first = false;
	}
}

/* Move what P holds to the output, and so leave it empty. */
static struct err
drain(struct move *mv, struct spliced_pipe *p)
{
	while (p->held > 0) {
		size_t n = 0;
		TRY(await_out(mv));
		struct err e = pipe_splice(p->in, mv->out.fd, p->held, &n);
		if (e.code == EAGAIN)
			continue;
		TRY(e);
		/* We hold its other end: it has no end. */
		if (n == 0)
			return refusal();
		p->held -= n;
		count(mv, MOVED_BY_SPLICES, (int64_t)n);
	}
	return ERR_OK;
}

/* The same by reading, for an output that has refused. */
static struct err
drain_by_buffer(struct move *mv, struct spliced_pipe *p)
{
	TRY(need_block(mv));
	while (p->held > 0) {
		size_t got = 0;
		TRY(fd_read_ready(
		    (struct fd_known){ p->in, FD_PIPE }, mv->block.mem, mv->block.size, &got));
		/* They are nowhere but in the block now. */
		p->held -= got;
		TRY(write_block(mv, got));
	}
	return ERR_OK;
}

/* Through P, which is empty whenever more is spliced into it: then there is room for whatever comes,
 * and EAGAIN can only mean the input. */
static struct err
move_through(struct move *mv, struct spliced_pipe *p)
{
	for (;;) {
		size_t n = 0;
		TRY(await_in(mv));
		struct err e = pipe_splice(mv->in.fd, p->out, p->size, &n);
		if (e.code == EAGAIN)
			continue;
		TRY(e);
		if (n == 0)
			return ERR_OK;
		p->held = n;
		e = drain(mv, p);
		if (is_refusal(e))
			TRY(drain_by_buffer(mv, p));
		TRY(e);
	}
}

/* Neither end is a pipe. */
static struct err
move_by_splices(struct move *mv)
{
	struct spliced_pipe p;
	/* No pipe to be had: not our business to fail for. */
	if (mv->m->pipes == NULL || err_failed(pipepool_borrow(mv->m->pipes, &p)))
		return refusal();
	struct err e = move_through(mv, &p);
	pipepool_return(mv->m->pipes, &p);
	return e;
}

/* The means of the table above; where there is none, a buffer. */
static means *const suited[FD_OTHER + 1][FD_OTHER + 1] = {
	[FD_FILE] = {
		[FD_FILE] = move_by_range,
		[FD_PIPE] = move_by_splice,
		[FD_SOCKET] = move_by_sendfile,
	},
	[FD_PIPE] = {
		[FD_FILE] = move_by_splice,
		[FD_PIPE] = move_by_splice,
		[FD_SOCKET] = move_by_splice,
		[FD_NULL] = move_by_splice,
	},
	[FD_SOCKET] = {
		[FD_FILE] = move_by_splices,
		[FD_PIPE] = move_by_splice,
		[FD_SOCKET] = move_by_splices,
	},
};

/* Look at a pair of files.  *WHOLE: the engine may have it, as it begins at the beginning of both, and
 * knows holes only of a destination without content. */
static struct err
look_at_files(const struct move *mv, bool *whole)
{
	struct stat in, out;
	int64_t from, to;
	TRY(file_stat(mv->in.fd, SIDE_SRC, &in));
	TRY(file_stat(mv->out.fd, SIDE_DST, &out));
	TRY(file_position(mv->in.fd, SIDE_SRC, &from));
	TRY(file_position(mv->out.fd, SIDE_DST, &to));
	bool same = in.st_dev == out.st_dev && in.st_ino == out.st_ino;
	if (same && in.st_size > from && (mv->out.facts.appends || from < to))
		return err_make(EINVAL, OP_REFUSE, SIDE_DST, -1);
	*whole = from == 0 && to == 0 && out.st_size == 0;
	return ERR_OK;
}

/* The first means to try. */
static struct err
choose(const struct move *mv, means **by)
{
	enum fd_kind in = mv->in.facts.kind;
	enum fd_kind out = mv->out.facts.kind;
	bool whole = false;
	*by = move_by_buffer;
	if (in == FD_FILE && out == FD_FILE)
		TRY(look_at_files(mv, &whole));
	if (mv->m->keeps_pages || (out == FD_FILE && mv->out.facts.appends))
		return ERR_OK;
	if (suited[in][out] != NULL)
		*by = suited[in][out];
	if (whole && mv->m->engine != NULL)
		*by = move_by_ladder;
	return ERR_OK;
}

static struct err
look_at(struct side *s)
{
	TRY(fd_facts(s->fd, &s->facts));
	s->polls = fd_kind_polls(s->facts.kind);
	return ERR_OK;
}

/* From descriptor to descriptor. */
static struct err
move_fds(struct move *mv)
{
	means *by = NULL;
	TRY(look_at(&mv->in));
	TRY(look_at(&mv->out));
	TRY(choose(mv, &by));
	struct err e = by(mv);
	if (is_refusal(e) && by != move_by_ladder)
		e = move_by_buffer(mv);
	if (mv->block.mem != NULL)
		bufs_return(mv->bufs, mv->block.mem);
	return e;
}

static bool
has_enough(const struct taps *t)
{
	return t != NULL && t->enough;
}

/* Block by block until the input ends or a tap has had enough. */
static struct err
move_blocks(const struct mover *m, struct in *in, struct out *out)
{
	while (!has_enough(out->taps)) {
		const void *bytes;
		size_t n;
		TRY(in_peek(in, 1, &bytes, &n));
		/* Before it sleeps it shows the taps what was written. */
		if (n == 0 || has_enough(out->taps))
			break;
		TRY(out_write(out, bytes, n));
		in_take(in, n);
		show_progress(m, (int64_t)n);
	}
	return out_flush(out);
}

/* Past taps, or where an end has no descriptor. */
static struct err
move_streams(struct mover *m, struct in *in, struct out *out, bool *early)
{
	int64_t before = out->bytes;
	struct err e = move_blocks(m, in, out);
	m->bytes = out->bytes - before;
	m->by = m->bytes > 0 ? MOVED_BY_BUFFER : MOVED_BY_NOTHING;
	*early = has_enough(in->taps) || has_enough(out->taps);
	return e;
}

static struct err
move_all(void *arg, struct in *in, struct out *out, bool *early)
{
	struct mover *m = arg;
	struct move mv = {
		.m = m,
		.in = { .fd = in_fd(in) },
		.out = { .fd = out_fd(out) },
		.cancel = in->cancel,
		.bufs = in->bufs,
	};
	m->by = MOVED_BY_NOTHING;
	m->bytes = 0;
	if (mv.in.fd < 0 || mv.out.fd < 0)
		return move_streams(m, in, out, early);
	return move_fds(&mv);
}

struct stage *
mover_new(struct mover *m)
{
	struct function f = {
		.name = "copy",
		.body = move_all,
		.arg = m,
		.in = { .want = WANT_ANY },
		.out = { .want = WANT_ANY },
		.identity = true,
	};
	return function_new(&f);
}

const char *
moved_by_name(enum moved_by b)
{
	static const char *const names[MOVED_BY_N] = {
		[MOVED_BY_NOTHING] = "none",
		[MOVED_BY_LADDER] = "engine",
		[MOVED_BY_RANGE] = "copy_file_range",
		[MOVED_BY_SENDFILE] = "sendfile",
		[MOVED_BY_SPLICE] = "splice",
		[MOVED_BY_SPLICES] = "splice through a pipe",
		[MOVED_BY_BUFFER] = "buffer",
	};
	return names[(unsigned)b < MOVED_BY_N ? b : MOVED_BY_NOTHING];
}
