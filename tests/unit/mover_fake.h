/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every kind of descriptor to move from and to, who feeds and reads it, and means that refuse as a
 * test says.  It defines the __wrap_ functions: a test program includes it once.
 */
#ifndef DECANT_TESTS_MOVER_FAKE_H
#define DECANT_TESTS_MOVER_FAKE_H

#include "pipe/function.h"
#include "pipe/mover.h"
#include "sys/move.h"
#include "sys/pipe.h"
#include "temp.h"
#include "thread/bufs.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>

enum {
	SIZE = 300001,    /* bytes that are moved */
	TTY_SIZE = 20032, /* where a terminal is among the ends: whole lines */
	LINE = 64,        /* bytes of a line, which a terminal is fed with */
	FROM = 1000,      /* where a file that is not read or written from its beginning stands */
};

#define ANY MOVED_BY_N /* a means that does not matter */

/* What is moved from or to. */
enum kind {
	KIND_FILE,   /* from its beginning; an empty one */
	KIND_INSIDE, /* from FROM on */
	KIND_APPEND, /* O_APPEND, with FROM bytes in it */
	KIND_PIPE,
	KIND_UNIX,
	KIND_TCP,
	KIND_TTY,
	KIND_NULL,
	KIND_N
};

/* One end of a move. */
struct point {
	enum kind kind;
	int fd;           /* the mover's */
	int other;        /* its feeder's or reader's, -1 = none */
	int64_t size;     /* bytes that are fed, or that are expected */
	int64_t got;      /* bytes that were read */
	bool wrong;       /* one of them was not what it should be */
	int sleep_ms;     /* before the reader reads anything */
	bool waits;       /* feeder: until the run is canceled before it closes */
	pthread_t thread; /* feeder or reader */
	bool running;     /* THREAD runs */
};

/* A means that refuses. */
struct refuser {
	int code;    /* errno it fails with, 0 = never */
	int after;   /* calls that work before */
	size_t most; /* the most that one call is asked for, 0 = what it is */
	int again;   /* EAGAIN is answered to every call whose number this divides, 0 = to none */
	int calls;
};

static struct temp temp;
static struct cancel cancel;
static struct bufs *bufs;
static struct pipepool *pool;
static struct engine_opts opts;
static struct refusals refusals;
static struct engine engine = { .opts = &opts, .refusals = &refusals, .cancel = &cancel };
static struct mover mover;
static struct function function; /* what the mover made of itself */
static struct refuser splices, sends, ranges;

struct stage *__wrap_function_new(const struct function *f);
struct err __wrap_pipe_splice(int src, int dst, size_t len, size_t *moved);
struct err __real_pipe_splice(int src, int dst, size_t len, size_t *moved);
struct err __wrap_pipe_sendfile(int src, int64_t off, int dst, size_t len, size_t *moved);
struct err __real_pipe_sendfile(int src, int64_t off, int dst, size_t len, size_t *moved);
struct err __wrap_move_copy_range_on(int src, int dst, int64_t len, int64_t *moved);
struct err __real_move_copy_range_on(int src, int dst, int64_t len, int64_t *moved);

struct stage *
__wrap_function_new(const struct function *f)
{
	static struct stage stage;
	function = *f;
	return &stage;
}

/* What R answers to its next call. */
static inline struct err
answer(struct refuser *r, enum err_op op)
{
	int n = r->calls++;
	if (r->again > 0 && n % r->again == 0)
		return err_make(EAGAIN, op, SIDE_SRC, -1);
	return r->code != 0 && n >= r->after ? err_make(r->code, op, SIDE_SRC, -1) : ERR_OK;
}

static inline size_t
at_most(const struct refuser *r, size_t len)
{
	return r->most > 0 && r->most < len ? r->most : len;
}

struct err
__wrap_pipe_splice(int src, int dst, size_t len, size_t *moved)
{
	TRY(answer(&splices, OP_SENDFILE));
	return __real_pipe_splice(src, dst, at_most(&splices, len), moved);
}

struct err
__wrap_pipe_sendfile(int src, int64_t off, int dst, size_t len, size_t *moved)
{
	TRY(answer(&sends, OP_SENDFILE));
	return __real_pipe_sendfile(src, off, dst, at_most(&sends, len), moved);
}

struct err
__wrap_move_copy_range_on(int src, int dst, int64_t len, int64_t *moved)
{
	TRY(answer(&ranges, OP_COPY_RANGE));
	return __real_move_copy_range_on(src, dst, (int64_t)at_most(&ranges, (size_t)len), moved);
}

/* The byte at OFF of what is moved: lines that a terminal lets pass. */
static inline char
text_at(int64_t off)
{
	return off % LINE == LINE - 1 ? '\n' : (char)('a' + (off / LINE + off) % 26);
}

static inline void
text(char *mem, int64_t off, size_t n)
{
	for (size_t i = 0; i < n; i++)
		mem[i] = text_at(off + (int64_t)i);
}

/* Write N bytes, those that belong at OFF, to FD; false when nobody wants them. */
static inline bool
feed(int fd, int64_t off, int64_t n)
{
	char mem[4096];

	while (n > 0) {
		size_t part = n < (int64_t)sizeof mem ? (size_t)n : sizeof mem;
		text(mem, off, part);
		ssize_t put = write(fd, mem, part);
		if (put <= 0)
			return false;
		off += put;
		n -= put;
	}
	return true;
}

static inline void
wait_for_cancel(void)
{
	struct pollfd p = { .fd = cancel_fd(&cancel), .events = POLLIN };
	(void)poll(&p, 1, 10000);
}

static inline void *
feed_point(void *arg)
{
	struct point *p = arg;
	static const char end_of_file = 4; /* as typed on a terminal */

	bool all = feed(p->other, 0, p->size);
	if (p->waits)
		wait_for_cancel();
	if (all && p->kind == KIND_TTY && !p->waits)
		(void)!write(p->other, &end_of_file, 1);
	if (p->kind != KIND_TTY) {
		close(p->other);
		p->other = -1;
	}
	return NULL;
}

/* Read FD to its end, comparing. */
static inline void
check_bytes(struct point *p, int fd)
{
	char mem[4096];
	ssize_t n;

	while ((n = read(fd, mem, sizeof mem)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			p->wrong = p->wrong || mem[i] != text_at(p->got + i);
		p->got += n;
	}
}

static inline void
sleep_for(int ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	nanosleep(&t, NULL);
}

static inline void *
read_point(void *arg)
{
	struct point *p = arg;

	sleep_for(p->sleep_ms);
	check_bytes(p, p->other);
	return NULL;
}

/* Cancel the run in a while, from another thread. */
static inline void *
request_soon(void *ms)
{
	sleep_for(*(int *)ms);
	cancel_request(&cancel, ERR_OK);
	return NULL;
}

static inline int64_t
now_ms(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Forget that the run was canceled. */
static inline void
uncancel(void)
{
	cancel_release(&cancel);
	assert_false(err_failed(cancel_init(&cancel)));
}

static inline void
make_tcp(int fds[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fds[0], (struct sockaddr *)&at, sizeof at), 0);
	fds[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fds[1] >= 0);
	close(listener);
}

static inline void
make_tty(struct point *p)
{
	struct termios t;

	assert_int_equal(openpty(&p->other, &p->fd, NULL, NULL, NULL), 0);
	assert_int_equal(tcgetattr(p->fd, &t), 0);
	t.c_lflag &= ~(tcflag_t)ECHO;
	t.c_oflag &= ~(tcflag_t)OPOST;
	assert_int_equal(tcsetattr(p->fd, TCSANOW, &t), 0);
}

/* Make P, of its kind, an input (READS) or an output; nobody feeds or reads it yet. */
static inline void
make_point(struct point *p, bool reads)
{
	int fds[2];

	p->fd = p->other = -1;
	switch (p->kind) {
	case KIND_PIPE:
		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		p->fd = fds[reads ? 0 : 1];
		p->other = fds[reads ? 1 : 0];
		return;
	case KIND_UNIX:
	case KIND_TCP:
		if (p->kind == KIND_TCP)
			make_tcp(fds);
		else
			assert_int_equal(
			    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
		p->fd = fds[0];
		p->other = fds[1];
		return;
	case KIND_TTY:
		make_tty(p);
		return;
	case KIND_NULL:
		p->fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		return;
	default:
		break;
	}
	p->fd = openat(temp.fd, reads ? "in" : "out",
	    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | (p->kind == KIND_APPEND ? O_APPEND : 0), 0600);
	assert_true(p->fd >= 0);
	/* Text of its own before what is moved. */
	if (p->kind != KIND_FILE)
		assert_true(feed(p->fd, 3, FROM));
	if (reads)
		assert_true(feed(p->fd, 0, p->size));
	assert_int_equal(lseek(p->fd, p->kind == KIND_INSIDE ? FROM : 0, SEEK_SET) >= 0, true);
}

static inline void
start_point(struct point *p, bool reads)
{
	p->running = p->other >= 0;
	if (p->running)
		assert_int_equal(
		    pthread_create(&p->thread, NULL, reads ? feed_point : read_point, p), 0);
}

/* Close P; the reader of an output sees its end, and has then read all. */
static inline void
end_point(struct point *p, bool reads)
{
	bool is_file = p->other < 0 && p->kind <= KIND_APPEND;

	if (!reads && is_file) {
		int from = p->kind == KIND_FILE ? 0 : FROM;
		assert_int_equal(lseek(p->fd, from, SEEK_SET), from);
		check_bytes(p, p->fd);
	}
	close(p->fd);
	if (p->running)
		pthread_join(p->thread, NULL);
	p->running = false;
	if (p->other >= 0)
		close(p->other);
}

/* Run the mover's body between IN and OUT. */
static inline struct err
run_streams(struct in *in, struct out *out, bool *early)
{
	assert_non_null(mover_new(&mover));
	struct err e = function.body(function.arg, in, out, early);
	assert_int_equal(in_close(in).code, 0);
	(void)out_close(out);
	return e;
}

static inline struct err
run_fds(int from, int to)
{
	struct in in;
	struct out out;
	bool early = false;

	in_init(&in, from, false, bufs, &cancel);
	out_init(&out, to, false, bufs, &cancel);
	struct err e = run_streams(&in, &out, &early);
	assert_false(early);
	return e;
}

/* Run between descriptors until the run is canceled after MS; how long it took from then. */
static inline int64_t
run_until_canceled(int from, int to, int ms)
{
	pthread_t thread;
	int64_t begin = now_ms(CLOCK_MONOTONIC);

	assert_int_equal(pthread_create(&thread, NULL, request_soon, &ms), 0);
	struct err e = run_fds(from, to);
	int64_t end = now_ms(CLOCK_MONOTONIC);
	pthread_join(thread, NULL);
	assert_int_equal(e.code, ECANCELED);
	return end - begin - ms;
}

static inline void
calm(void)
{
	splices = sends = ranges = (struct refuser){ 0 };
	mover = (struct mover){ .engine = &engine, .pipes = pool };
}

static inline int64_t
size_for(enum kind in, enum kind out)
{
	return in == KIND_TTY || out == KIND_TTY ? TTY_SIZE : SIZE;
}

/* Move from IN to OUT and expect all bytes to arrive by BY. */
static inline void
expect_move(struct point *in, struct point *out, enum moved_by by)
{
	in->size = size_for(in->kind, out->kind);
	int64_t want = in->kind == KIND_NULL ? 0 : in->size;
	make_point(in, true);
	make_point(out, false);
	start_point(in, true);
	start_point(out, false);
	struct err e = run_fds(in->fd, out->fd);
	int64_t in_at = lseek(in->fd, 0, SEEK_CUR);
	int64_t out_at = lseek(out->fd, 0, SEEK_CUR);
	end_point(in, true);
	end_point(out, false);
	if (e.code != 0 || mover.bytes != want || (by != ANY && mover.by != by) || out->wrong ||
	    (out->kind != KIND_NULL && out->got != want))
		fail_msg("from %d to %d: %s, %s, %lld bytes, %lld arrived, %s", in->kind, out->kind,
		    err_code_name(e), moved_by_name(mover.by), (long long)mover.bytes,
		    (long long)out->got, out->wrong ? "wrong" : "right");
	if (in->kind <= KIND_INSIDE)
		assert_int_equal(in_at, want + (in->kind == KIND_INSIDE ? FROM : 0));
	if (out->kind <= KIND_APPEND && want > 0)
		assert_int_equal(out_at, want + (out->kind == KIND_FILE ? 0 : FROM));
}

static inline int
reset(void **state)
{
	(void)state;
	temp_make(&temp);
	bufs = bufs_new(4, 256 << 10);
	pool = pipepool_new(2);
	refusals_init(&refusals);
	calm();
	return bufs == NULL || pool == NULL || err_failed(cancel_init(&cancel));
}

static inline int
release(void **state)
{
	(void)state;
	cancel_release(&cancel);
	refusals_release(&refusals);
	pipepool_free(pool);
	bufs_free(bufs);
	temp_remove(&temp);
	return 0;
}

static inline void
ignore_sigpipe(void)
{
	struct sigaction ign = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ign, NULL);
}

#endif
