/* SPDX-License-Identifier: BSD-2-Clause */
/* sys/net and pipe/ends: peers meet over the loopback device and Unix sockets, or are told why not. */
#include "pipe/ends.h"
#include "sys/net.h"
#include "temp.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <cmocka.h>

/* clang-format on */

static struct temp temp;
static struct cancel cancel;

static int
setup(void **state)
{
	(void)state;
	temp_make(&temp);
	return err_failed(cancel_init(&cancel));
}

static int
teardown(void **state)
{
	(void)state;
	cancel_release(&cancel);
	temp_remove(&temp);
	return 0;
}

/* Somebody who connects or listens while the test does the other. */
struct peer {
	pthread_t thread;
	char where[300];
	bool listens;
	int fd;
	struct err e;
	const char *why;
};

static void *
meet(void *arg)
{
	struct peer *p = arg;

	p->e = p->listens ? end_listen(p->where, &cancel, &p->fd, &p->why)
			  : end_connect(p->where, &cancel, &p->fd, &p->why);
	return NULL;
}

static void
start(struct peer *p)
{
	assert_int_equal(pthread_create(&p->thread, NULL, meet, p), 0);
}

/* Both ends block, are closed by exec, and carry bytes; one half closes before the other. */
static void
expect_talk(int a, int b)
{
	char mem[8];

	for (int i = 0; i < 2; i++) {
		int fd = i == 0 ? a : b;
		assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
		assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	}
	assert_int_equal(write(a, "ping", 4), 4);
	net_shutdown_write(a);
	assert_int_equal(recv(b, mem, sizeof mem, MSG_WAITALL), 4);
	assert_memory_equal(mem, "ping", 4);
	assert_int_equal(read(b, mem, sizeof mem), 0);
	assert_int_equal(write(b, "pong", 4), 4); /* the other half is open */
	assert_int_equal(recv(a, mem, 4, MSG_WAITALL), 4);
	assert_memory_equal(mem, "pong", 4);
	close(b);
	assert_int_equal(read(a, mem, sizeof mem), 0);
	close(a);
}

static int
port_of(int fd)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof at;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	return ntohs(at.ss_family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
					     : ((struct sockaddr_in6 *)&at)->sin6_port);
}

/* A port that nobody listens on: one that the kernel has just given, and taken back. */
static int
free_port(void)
{
	const char *why;
	int fd;

	assert_false(err_failed(net_listen(NULL, "0", &fd, &why)));
	int port = port_of(fd);
	close(fd);
	return port;
}

static void
a_listener_waits_for_one_peer(void **state)
{
	static const char *const hosts[] = { NULL, "127.0.0.1", "localhost", "::1" };

	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		bool six = i == 3;
		int listener;
		int ours;
		struct peer p = { .fd = -1 };
		struct err e = net_listen(hosts[i], "0", &listener, &p.why);

		if (six && err_failed(e))
			continue; /* a machine without IPv6 */
		assert_false(err_failed(e));
		snprintf(
		    p.where, sizeof p.where, six ? "[::1]:%d" : "localhost:%d", port_of(listener));
		start(&p);
		assert_false(err_failed(net_accept(listener, cancel_fd(&cancel), &ours)));
		pthread_join(p.thread, NULL);
		assert_int_equal(p.e.code, 0);
		expect_talk(ours, p.fd);
		close(listener);
	}
}

/* Connect as soon as somebody listens. */
static int
connect_when_there(const char *where)
{
	for (;;) {
		const char *why;
		int fd;
		struct err e = end_connect(where, &cancel, &fd, &why);
		if (!err_failed(e))
			return fd;
		assert_true(e.code == ECONNREFUSED || e.code == ENOENT);
		assert_int_equal(e.op, OP_CONNECT);
		sched_yield();
	}
}

static void
the_two_ends_meet(void **state)
{
	int port = free_port();
	struct peer p[3] = { { .listens = true }, { .listens = true }, { .listens = true } };
	char to[300];

	(void)state;
	snprintf(p[0].where, sizeof p[0].where, "%d", port);
	snprintf(p[1].where, sizeof p[1].where, "127.0.0.1:%d", port);
	snprintf(p[2].where, sizeof p[2].where, "unix:%s/sock", temp.path);
	for (size_t i = 0; i < 3; i++) {
		start(&p[i]);
		snprintf(to, sizeof to, "localhost:%d", port);
		int fd = connect_when_there(i == 2 ? p[i].where : to);
		pthread_join(p[i].thread, NULL);
		assert_int_equal(p[i].e.code, 0);
		expect_talk(fd, p[i].fd);
	}
	assert_int_equal(count_names(temp.fd), 0); /* the name has gone */
}

static void
a_name_that_exists_is_left_alone(void **state)
{
	struct peer p = { .listens = true };

	(void)state;
	snprintf(p.where, sizeof p.where, "unix:%s/sock", temp.path);
	int fd = openat(temp.fd, "sock", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	meet(&p);
	assert_int_equal(p.e.code, EADDRINUSE);
	assert_int_equal(count_names(temp.fd), 1);
	p.listens = false;
	meet(&p);
	assert_int_equal(p.e.code, ECONNREFUSED);
	assert_int_equal(unlinkat(temp.fd, "sock", 0), 0);
	close(fd);
}

static int64_t
now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
waiting_ends_with_the_run(void **state)
{
	char path[280];
	struct peer p[3] = { { .listens = true }, { .listens = true }, { .listens = false } };
	const struct timespec while_ = { .tv_nsec = 50000000 };
	int full;
	int queued;

	(void)state;
	snprintf(p[0].where, sizeof p[0].where, "0");
	snprintf(p[1].where, sizeof p[1].where, "unix:%s/sock", temp.path);
	/* Somebody who listens but never accepts, and whose queue is full. */
	snprintf(path, sizeof path, "%s/full", temp.path);
	snprintf(p[2].where, sizeof p[2].where, "unix:%s", path);
	assert_false(err_failed(net_listen_unix(path, &full)));
	assert_false(err_failed(net_connect_unix(path, cancel_fd(&cancel), &queued)));
	int more;
	assert_false(err_failed(net_connect_unix(path, cancel_fd(&cancel), &more)));
	for (size_t i = 0; i < 3; i++)
		start(&p[i]);
	nanosleep(&while_, NULL);
	int64_t begin = now_ms();
	cancel_request(&cancel, ERR_OK);
	for (size_t i = 0; i < 3; i++) {
		pthread_join(p[i].thread, NULL);
		assert_int_equal(p[i].e.code, ECANCELED);
	}
	assert_in_range(now_ms() - begin, 0, 200);
	close(full);
	close(queued);
	close(more);
	assert_int_equal(count_names(temp.fd), 1); /* ours has gone, the other one's has not */
	assert_int_equal(unlinkat(temp.fd, "full", 0), 0);
}

/* What nobody can mean, and what can be meant but not be had. */
static const struct bad_case {
	const char *where;
	bool listens;
	int code;
	bool has_why;
} bad_cases[] = {
	{ "", false, EINVAL, true },
	{ "", true, EINVAL, true },
	{ "80", false, EINVAL, true },
	{ ":80", false, EINVAL, true },
	{ "localhost:", false, EINVAL, true },
	{ "localhost:", true, EINVAL, true },
	{ "::1:80", false, EINVAL, true },
	{ "[::1]80", false, EINVAL, true },
	{ "[::1", true, EINVAL, true },
	{ "127.0.0.1:nosuchport", false, EADDRNOTAVAIL, true },
	{ "unix:", false, ENOENT, false },
	{ "unix:/nonexistent/sock", false, ENOENT, false },
	{ "unix:/nonexistent/sock", true, ENOENT, false },
	{ "192.0.2.1:1", true, EADDRNOTAVAIL, false },
};

static void
what_cannot_be_is_refused(void **state)
{
	char where[300] = "unix:/";

	(void)state;
	for (size_t i = 0; i < sizeof bad_cases / sizeof bad_cases[0]; i++) {
		const struct bad_case *b = &bad_cases[i];
		struct peer p = { .listens = b->listens, .why = "old" };
		snprintf(p.where, sizeof p.where, "%s", b->where);
		meet(&p);
		if (p.e.code != b->code || (p.why != NULL) != b->has_why)
			fail_msg("'%s': %s, %s", b->where, err_code_name(p.e), p.why);
		assert_int_equal(p.e.op, b->listens ? OP_LISTEN : OP_CONNECT);
	}
	memset(where + 6, 'x', 200);
	struct peer p = { .listens = true };
	snprintf(p.where, sizeof p.where, "%s", where);
	meet(&p);
	assert_int_equal(p.e.code, ENAMETOOLONG);
	snprintf(p.where, sizeof p.where, "localhost:%d", free_port());
	p.listens = false;
	meet(&p);
	assert_int_equal(p.e.code, ECONNREFUSED);
}

static void
files_are_told_from_the_rest(void **state)
{
	int ends[2];
	int file = openat(temp.fd, "f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int log = openat(temp.fd, "f", O_RDWR | O_APPEND | O_CLOEXEC);

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(end_kind(file, false), WANT_FILE);
	assert_int_equal(end_kind(file, true), WANT_FILE);
	assert_int_equal(end_kind(log, false), WANT_FILE);
	assert_int_equal(end_kind(log, true), WANT_FD);
	assert_int_equal(end_kind(ends[0], false), WANT_FD);
	assert_int_equal(end_kind(temp.fd, false), WANT_FD);
	close(ends[0]);
	assert_int_equal(end_kind(ends[0], false), WANT_FD);
	close(ends[1]);
	close(file);
	close(log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_listener_waits_for_one_peer, setup, teardown),
		cmocka_unit_test_setup_teardown(the_two_ends_meet, setup, teardown),
		cmocka_unit_test_setup_teardown(a_name_that_exists_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(waiting_ends_with_the_run, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(files_are_told_from_the_rest, setup, teardown),
	};
	return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
