/* SPDX-License-Identifier: BSD-2-Clause */
/* sys/pipe: what descriptors are, waiting for two at once, and writing that never blocks. */
#include "sys/pipe.h"
#include "temp.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

enum { MUCH = 1 << 20 };

static struct fd_known
known(int fd)
{
	return (struct fd_known){ fd, fd_kind_of(fd) };
}

static char much[MUCH];
static struct temp temp;

static bool no_nowait; /* as Linux before 6.4 */

ssize_t __wrap_pwritev2(int fd, const struct iovec *v, int n, off_t off, int flags);
ssize_t __real_pwritev2(int fd, const struct iovec *v, int n, off_t off, int flags);
ssize_t __wrap_preadv2(int fd, const struct iovec *v, int n, off_t off, int flags);
ssize_t __real_preadv2(int fd, const struct iovec *v, int n, off_t off, int flags);

ssize_t
__wrap_pwritev2(int fd, const struct iovec *v, int n, off_t off, int flags)
{
	errno = EOPNOTSUPP;
	return no_nowait ? -1 : __real_pwritev2(fd, v, n, off, flags);
}

ssize_t
__wrap_preadv2(int fd, const struct iovec *v, int n, off_t off, int flags)
{
	errno = EOPNOTSUPP;
	return no_nowait ? -1 : __real_preadv2(fd, v, n, off, flags);
}

static enum fd_kind
kind(int fd)
{
	struct fd_facts facts;

	assert_true(fd >= 0);
	assert_false(err_failed(fd_facts(fd, &facts)));
	return facts.kind;
}

/* A terminal; *OTHER is its other side. */
static int
open_terminal(int *other)
{
	char name[64];

	*other = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*other < 0 || grantpt(*other) != 0 || unlockpt(*other) != 0)
		skip();
	assert_int_equal(ptsname_r(*other, name, sizeof name), 0);
	return open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static void
kinds_are_told_apart(void **state)
{
	int file = make_file(temp.path), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	int r, w, streams[2], packets[2];

	(void)state;
	assert_false(err_failed(pipe_make(&r, &w, 0)));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, streams), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, packets), 0);

	const struct {
		int fd;
		enum fd_kind kind;
		bool polls;
	} cases[] = {
		{ file, FD_FILE, false },
		{ null, FD_NULL, false },
		{ zero, FD_OTHER, true },
		{ temp.fd, FD_OTHER, true },
		{ r, FD_PIPE, true },
		{ w, FD_PIPE, true },
		{ streams[0], FD_SOCKET, true },
		{ packets[0], FD_OTHER, true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(kind(cases[i].fd), cases[i].kind);
		assert_int_equal(fd_kind_polls(fd_kind_of(cases[i].fd)), cases[i].polls);
	}
	const int all[] = { file, null, zero, r, w, streams[0], streams[1], packets[0],
		packets[1] };
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		close(all[i]);
	struct fd_facts facts;
	struct err e = fd_facts(r, &facts);
	assert_int_equal(e.code, EBADF);
	assert_int_equal(e.op, OP_STAT);
	assert_false(fd_kind_polls(fd_kind_of(r)));
}

static void
a_terminal_is_one(void **state)
{
	int other, tty = open_terminal(&other);
	size_t n;

	(void)state;
	assert_int_equal(kind(tty), FD_TTY);
	assert_true(fd_kind_polls(fd_kind_of(tty)));
	assert_false(err_failed(fd_write_ready(known(tty), "hello", 5, &n)));
	assert_int_equal(n, 5);
	assert_false(fd_is_readable(tty));
	close(tty);
	close(other);
}

static void
flags_are_facts(void **state)
{
	struct fd_facts facts;
	int r, w;
	int file = make_file(temp.path);

	(void)state;
	assert_int_equal(fcntl(file, F_SETFL, O_APPEND), 0);
	assert_false(err_failed(fd_facts(file, &facts)));
	assert_true(facts.appends);
	assert_false(facts.nonblocking);
	assert_false(err_failed(pipe_make(&r, &w, 0)));
	assert_int_equal(fcntl(r, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(w, F_GETFD), FD_CLOEXEC);
	assert_false(err_failed(fd_set_nonblocking(w)));
	assert_false(err_failed(fd_facts(w, &facts)));
	assert_true(facts.nonblocking);
	assert_false(facts.appends);
	assert_false(err_failed(fd_facts(r, &facts)));
	assert_false(facts.nonblocking);
	close(r);
	close(w);
	close(file);
	assert_int_equal(fd_set_nonblocking(w).code, EBADF);
}

/* Row 14 of tests/STAGES.md. */
static void
a_size_is_a_wish(void **state)
{
	int r, w;

	(void)state;
	assert_false(err_failed(pipe_make(&r, &w, 256 << 10)));
	assert_true(pipe_size(r) == 256 << 10 || pipe_size(r) <= 64 << 10); /* over our share */
	close(r);
	close(w);
	assert_int_equal(pipe_size(r), 64 << 10); /* unknown */
	assert_false(err_failed(pipe_make(&r, &w, (size_t)1 << 40)));
	close(r);
	close(w);
}

static void
a_wait_is_for_two(void **state)
{
	int r, w, stop_r, stop_w;

	(void)state;
	assert_false(err_failed(pipe_make(&r, &w, 0)));
	assert_false(err_failed(pipe_make(&stop_r, &stop_w, 0)));
	assert_true(fd_wait(w, true, stop_r));
	assert_true(fd_wait(w, true, -1));
	assert_false(fd_is_readable(r));
	assert_int_equal(write(stop_w, "x", 1), 1);
	assert_false(fd_wait(r, false, stop_r));
	assert_true(fd_wait(w, true, stop_r)); /* both: the descriptor wins */
	close(w);
	assert_true(fd_wait(r, false, stop_r)); /* hung up */
	assert_true(fd_is_readable(r));
	close(r);
	assert_true(fd_wait(r, false, stop_r)); /* not even open: trying tells */
	assert_true(fd_wait(temp.fd, false, stop_r));
	close(stop_r);
	close(stop_w);
}

/* Write to W until nothing fits; returns the bytes. */
static size_t
stuff(int w, int cancel)
{
	size_t all = 0, n = 0;

	while (fd_wait(w, true, cancel)) {
		struct err e = fd_write_ready(known(w), much, sizeof much, &n);
		if (e.code == EAGAIN)
			break;
		assert_false(err_failed(e));
		assert_true(n > 0);
		all += n;
	}
	return all;
}

/* Read ALL bytes of R, then expect that nothing is there. */
static void
drain(int r, size_t all)
{
	static char buf[MUCH];
	size_t n = 0;

	for (; all > 0; all -= n) {
		assert_true(fd_is_readable(r));
		assert_false(err_failed(fd_read_ready(known(r), buf, sizeof buf, &n)));
		assert_in_range(n, 1, all);
	}
	assert_false(fd_is_readable(r));
}

static void
who_is_told_to_write_never_blocks(void **state)
{
	int r, w, pair[2], stop_r, stop_w;
	char name[320];

	assert_false(err_failed(pipe_make(&stop_r, &stop_w, 0)));
	assert_int_equal(write(stop_w, "x", 1), 1);
	no_nowait = *state != NULL;

	assert_false(err_failed(pipe_make(&r, &w, 0)));
	size_t all = stuff(w, stop_r);
	assert_int_equal(all, pipe_size(w));
	drain(r, all);
	assert_false(err_failed(fd_set_nonblocking(w)));
	assert_int_equal(stuff(w, stop_r), all);
	close(r);
	close(w);

	/* FIFOs have no RWF_NOWAIT (Linux 6.18) */
	assert_true(snprintf(name, sizeof name, "%s/fifo", temp.path) > 0);
	assert_int_equal(mkfifo(name, 0600), 0);
	r = open(name, O_RDWR | O_CLOEXEC);
	w = open(name, O_WRONLY | O_CLOEXEC);
	all = stuff(w, stop_r);
	assert_int_equal(all, pipe_size(w));
	drain(r, all);
	close(r);
	close(w);
	assert_int_equal(unlink(name), 0);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	all = stuff(pair[0], stop_r);
	assert_true(all > 4096);
	drain(pair[1], all);
	close(pair[0]);
	close(pair[1]);
	no_nowait = false;
	close(stop_r);
	close(stop_w);
}

static void
nothing_there_is_again(void **state)
{
	int r, w, pair[2];
	char c;
	size_t n = 9;

	(void)state;
	assert_false(err_failed(pipe_make(&r, &w, 0)));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_false(err_failed(fd_set_nonblocking(r))); /* for Linux before 6.4 */
	struct err e = fd_read_ready(known(r), &c, 1, &n);
	assert_int_equal(e.code, EAGAIN);
	assert_int_equal(e.op, OP_READ);
	assert_int_equal(e.side, SIDE_SRC);
	assert_int_equal(fd_read_ready(known(pair[0]), &c, 1, &n).code, EAGAIN);
	assert_int_equal(n, 9);
	close(w);
	close(pair[1]);
	assert_false(err_failed(fd_read_ready(known(r), &c, 1, &n)));
	assert_int_equal(n, 0);
	n = 9;
	assert_false(err_failed(fd_read_ready(known(pair[0]), &c, 1, &n)));
	assert_int_equal(n, 0);
	close(r);
	close(pair[0]);
}

static void
a_broken_pipe_is_an_error_and_no_signal(void **state)
{
	int r, w, pair[2];
	size_t n;

	(void)state;
	assert_false(err_failed(pipe_make(&r, &w, 0)));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	close(r);
	close(pair[1]);
	assert_true(fd_wait(w, true, -1));
	struct err e = fd_write_ready(known(w), "x", 1, &n);
	assert_int_equal(e.code, EPIPE);
	assert_int_equal(e.op, OP_WRITE);
	assert_int_equal(e.side, SIDE_DST);
	assert_int_equal(fd_write_ready(known(pair[0]), "x", 1, &n).code, EPIPE);
	close(w);
	close(pair[0]);
}

static void
files_and_devices_take_all(void **state)
{
	int file = make_file(temp.path), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int full = open("/dev/full", O_RDWR | O_CLOEXEC);
	size_t n;

	(void)state;
	assert_false(err_failed(fd_write_ready(known(file), much, sizeof much, &n)));
	assert_int_equal(n, sizeof much);
	assert_false(err_failed(fd_write_ready(known(null), much, sizeof much, &n)));
	assert_int_equal(n, sizeof much);
	assert_int_equal(fd_write_ready(known(full), much, sizeof much, &n).code, ENOSPC);
	assert_false(err_failed(fd_read_ready(known(null), much, 1, &n)));
	assert_int_equal(n, 0);
	close(file);
	close(null);
	close(full);
}

int
main(void)
{
	static bool old_kernel;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_told_apart),
		cmocka_unit_test(a_terminal_is_one),
		cmocka_unit_test(flags_are_facts),
		cmocka_unit_test(a_size_is_a_wish),
		cmocka_unit_test(a_wait_is_for_two),
		cmocka_unit_test(who_is_told_to_write_never_blocks),
		{ "nor_on_an_old_kernel", who_is_told_to_write_never_blocks, NULL, NULL,
		    &old_kernel },
		cmocka_unit_test(nothing_there_is_again),
		cmocka_unit_test(a_broken_pipe_is_an_error_and_no_signal),
		cmocka_unit_test(files_and_devices_take_all),
	};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	temp_make(&temp);
	int failed = cmocka_run_group_tests_name("sys_pipe", tests, NULL, NULL);
	temp_remove(&temp);
	return failed;
}
