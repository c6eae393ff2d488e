/* SPDX-License-Identifier: BSD-2-Clause */
/* sys/splice: bytes and positions move along, and what is not ready says so instead of blocking. */
#include "files.h"
#include "sys/pipe.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <cmocka.h>

/* clang-format on */

enum {
	SIZE = 100001,
	BIG = 64 << 20, /* more than the buffers of two sockets hold */
};

static void
make_pipe(int ends[2])
{
	assert_false(err_failed(pipe_make(&ends[0], &ends[1], 0)));
}

static void
close_both(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

/* Two connected TCP sockets of the loopback device, blocking. */
static void
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

/* Read N bytes of FD, which belong at OFF. */
static void
expect_bytes(int fd, int64_t off, size_t n)
{
	static char mem[1 << 16];

	while (n > 0) {
		ssize_t got = read(fd, mem, n < sizeof mem ? n : sizeof mem);
		assert_true(got > 0);
		for (ssize_t i = 0; i < got; i++)
			assert_int_equal(mem[i], byte_at(off + i));
		off += got;
		n -= (size_t)got;
	}
}

static void
a_file_goes_on_where_it_stands(void **state)
{
	int ends[2];
	size_t moved;
	int file = make_file("/tmp");
	int64_t off = 7;

	(void)state;
	make_pipe(ends);
	fill(file, 0, SIZE);
	assert_int_equal(lseek(file, off, SEEK_SET), off);
	while (off < SIZE) {
		assert_false(err_failed(pipe_splice(file, ends[1], SIZE, &moved)));
		assert_in_range(moved, 1, SIZE);
		expect_bytes(ends[0], off, moved);
		off += (int64_t)moved;
		assert_int_equal(lseek(file, 0, SEEK_CUR), off);
	}
	assert_false(err_failed(pipe_splice(file, ends[1], SIZE, &moved)));
	assert_int_equal(moved, 0);
	close_both(ends);
	close(file);
}

static void
a_pipe_reaches_a_file_and_ends(void **state)
{
	int ends[2];
	size_t moved;
	int file = make_file("/tmp");

	(void)state;
	make_pipe(ends);
	assert_int_equal(pipe_splice(ends[0], file, 100, &moved).code, EAGAIN);
	assert_int_equal(write(ends[1], "hello", 5), 5);
	assert_false(err_failed(pipe_splice(ends[0], file, 3, &moved)));
	assert_int_equal(moved, 3);
	assert_false(err_failed(pipe_splice(ends[0], file, 100, &moved)));
	assert_int_equal(moved, 2);
	close(ends[1]);
	assert_false(err_failed(pipe_splice(ends[0], file, 100, &moved)));
	assert_int_equal(moved, 0);
	assert_int_equal(stat_of(file).st_size, 5);
	close(ends[0]);
	close(file);
}

static void
a_full_pipe_does_not_block(void **state)
{
	int ends[2];
	size_t moved;
	int file = make_file("/tmp");
	struct err e;

	(void)state;
	make_pipe(ends);
	fill(file, 0, 1 << 20);
	do
		e = pipe_splice(file, ends[1], 1 << 20, &moved);
	while (!err_failed(e));
	assert_int_equal(e.code, EAGAIN);
	close_both(ends);
	close(file);
}

static bool
is_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}

/* Send FILE to FDS[0], a socket that blocks, as long as it can be written, by sendfile or through a
 * pipe; then read what came. */
static void
expect_no_block(const int fds[2], int file, bool through_pipe)
{
	size_t moved;
	size_t all = 0;
	int ends[2];

	make_pipe(ends);
	assert_int_equal(lseek(file, 0, SEEK_SET), 0);
	alarm(20); /* kills a call that blocks */
	while (is_writable(fds[0])) {
		if (through_pipe) {
			struct err e = pipe_splice(file, ends[1], 1 << 20, &moved);
			assert_true(!err_failed(e) || e.code == EAGAIN);
			assert_false(err_failed(pipe_splice(ends[0], fds[0], 1 << 20, &moved)));
		} else {
			assert_false(err_failed(
			    pipe_sendfile(file, (int64_t)all, fds[0], 64 << 20, &moved)));
		}
		assert_true(moved > 0);
		all += moved;
	}
	alarm(0);
	assert_in_range(all, 4096, BIG - 1);
	expect_bytes(fds[1], 0, all);
	close_both(ends);
}

static void
a_blocking_socket_does_not_block(void **state)
{
	int file = make_file("/tmp");
	int fds[2];

	(void)state;
	fill(file, 0, BIG);
	for (int i = 0; i < 4; i++) {
		if (i < 2)
			make_tcp(fds);
		else
			assert_int_equal(
			    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
		expect_no_block(fds, file, i % 2 != 0);
		close_both(fds);
	}
	close(file);
}

static void
sendfile_leaves_the_position(void **state)
{
	int file = make_file("/tmp");
	int fds[2];
	size_t moved;

	(void)state;
	fill(file, 0, SIZE);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(lseek(file, 5, SEEK_SET), 5);
	assert_false(err_failed(pipe_sendfile(file, 77, fds[0], 1000, &moved)));
	assert_int_equal(moved, 1000);
	expect_bytes(fds[1], 77, 1000);
	assert_int_equal(lseek(file, 0, SEEK_CUR), 5);
	assert_false(err_failed(pipe_sendfile(file, SIZE, fds[0], 1000, &moved)));
	assert_int_equal(moved, 0);
	close_both(fds);
	close(file);
}

static void
a_socket_that_is_empty_does_not_block(void **state)
{
	int ends[2];
	int fds[2];
	size_t moved;

	(void)state;
	make_pipe(ends);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(pipe_splice(fds[0], ends[1], 1000, &moved).code, EAGAIN);
	assert_int_equal(shutdown(fds[1], SHUT_WR), 0);
	assert_false(err_failed(pipe_splice(fds[0], ends[1], 1000, &moved)));
	assert_int_equal(moved, 0);
	close_both(fds);
	close_both(ends);
}

static void
who_is_to_blame_is_told(void **state)
{
	int ends[2];
	int fds[2];
	size_t moved;
	int file = make_file("/tmp");

	(void)state;
	fill(file, 0, SIZE);
	make_pipe(ends);
	close(ends[0]);
	struct err e = pipe_splice(file, ends[1], SIZE, &moved);
	assert_int_equal(e.code, EPIPE);
	assert_int_equal(e.side, SIDE_DST);
	close(ends[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	close(fds[1]);
	e = pipe_sendfile(file, 3, fds[0], SIZE, &moved);
	assert_int_equal(e.code, EPIPE);
	assert_int_equal(e.side, SIDE_DST);
	assert_int_equal(e.off, 3);
	e = pipe_splice(file, fds[0], SIZE, &moved);
	assert_int_equal(e.code, EINVAL); /* neither is a pipe */
	assert_int_equal(e.op, OP_SENDFILE);
	close(fds[0]);
	close(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_goes_on_where_it_stands),
		cmocka_unit_test(a_pipe_reaches_a_file_and_ends),
		cmocka_unit_test(a_full_pipe_does_not_block),
		cmocka_unit_test(a_blocking_socket_does_not_block),
		cmocka_unit_test(sendfile_leaves_the_position),
		cmocka_unit_test(a_socket_that_is_empty_does_not_block),
		cmocka_unit_test(who_is_to_blame_is_told),
	};
	struct sigaction ign = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ign, NULL);
	return cmocka_run_group_tests_name("splice", tests, NULL, NULL);
}
