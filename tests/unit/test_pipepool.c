/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/pipepool: an empty pipe comes back, one with bytes in it never does. */
#include "files.h"
#include "pipe/pipepool.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <cmocka.h>

/* clang-format on */

enum {
	THREADS = 4,
	ROUNDS = 500 /* loans of each thread */
};

struct err __real_fd_set_nonblocking(int fd);
struct err __wrap_fd_set_nonblocking(int fd);

static int refuse_after; /* calls that still work, -1 = all */

struct err
__wrap_fd_set_nonblocking(int fd)
{
	if (refuse_after == 0)
		return err_make(EPERM, OP_OPEN, SIDE_NONE, -1);
	if (refuse_after > 0)
		refuse_after--;
	return __real_fd_set_nonblocking(fd);
}

/* The number of descriptors that the process has. */
static size_t
count_fds(void)
{
	size_t n = 0;
	DIR *d = opendir("/proc/self/fd");

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	assert_int_equal(closedir(d), 0);
	return n;
}

static int
reset(void **state)
{
	(void)state;
	refuse_after = -1;
	return 0;
}

static void
an_empty_pipe_comes_back(void **state)
{
	struct pipepool *p = pipepool_new(1);
	struct spliced_pipe a;
	struct spliced_pipe b;
	char c;

	(void)state;
	assert_non_null(p);
	assert_false(err_failed(pipepool_borrow(p, &a)));
	assert_in_range(a.size, 4096, 1 << 20);
	assert_int_equal(a.held, 0);
	assert_int_equal(read(a.in, &c, 1), -1); /* it does not block */
	assert_int_equal(errno, EAGAIN);
	int was = a.in;
	pipepool_return(p, &a);
	assert_int_equal(a.in, -1);
	assert_false(err_failed(pipepool_borrow(p, &b)));
	assert_int_equal(b.in, was);
	pipepool_return(p, &b);
	pipepool_free(p);
}

/* Row 13 of tests/STAGES.md. */
static void
bytes_left_in_a_pipe_are_never_seen_again(void **state)
{
	size_t before = count_fds();
	struct pipepool *p = pipepool_new(2);
	struct spliced_pipe pipe;
	char c;

	(void)state;
	assert_non_null(p);
	for (int i = 0; i < 10; i++) {
		assert_false(err_failed(pipepool_borrow(p, &pipe)));
		assert_int_equal(read(pipe.in, &c, 1), -1);
		assert_int_equal(write(pipe.out, "stale", 5), 5);
		pipe.held = 5;
		pipepool_return(p, &pipe);
		assert_int_equal(count_fds(), before);
	}
	pipepool_free(p);
}

static void
no_more_are_kept_than_asked_for(void **state)
{
	size_t before = count_fds();
	struct pipepool *p = pipepool_new(2);
	struct spliced_pipe pipes[4];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 4; i++)
			assert_false(err_failed(pipepool_borrow(p, &pipes[i])));
		assert_int_equal(count_fds(), before + 8);
		for (size_t i = 0; i < 4; i++)
			pipepool_return(p, &pipes[i]);
		assert_int_equal(count_fds(), before + 4);
	}
	pipepool_free(p);
	pipepool_free(NULL);
	assert_int_equal(count_fds(), before);
}

static void
a_pipe_that_blocks_is_not_lent(void **state)
{
	size_t before = count_fds();
	struct pipepool *p = pipepool_new(1);
	struct spliced_pipe pipe;

	(void)state;
	for (int works = 0; works < 2; works++) {
		refuse_after = works;
		assert_int_equal(pipepool_borrow(p, &pipe).code, EPERM);
		assert_int_equal(count_fds(), before);
	}
	pipepool_free(p);
}

static void *
borrow_often(void *pool)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct spliced_pipe pipe;
		char c;

		if (err_failed(pipepool_borrow(pool, &pipe)) || write(pipe.out, "x", 1) != 1 ||
		    (i % 3 != 0 && read(pipe.in, &c, 1) != 1))
			return pool;
		pipe.held = i % 3 == 0;
		pipepool_return(pool, &pipe);
	}
	return NULL;
}

static void
threads_do_not_share_a_pipe(void **state)
{
	size_t before = count_fds();
	struct pipepool *p = pipepool_new(2);
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, borrow_often, p), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	pipepool_free(p);
	assert_int_equal(count_fds(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_pipe_comes_back, reset),
		cmocka_unit_test_setup(bytes_left_in_a_pipe_are_never_seen_again, reset),
		cmocka_unit_test_setup(no_more_are_kept_than_asked_for, reset),
		cmocka_unit_test_setup(a_pipe_that_blocks_is_not_lent, reset),
		cmocka_unit_test_setup(threads_do_not_share_a_pipe, reset),
	};
	return cmocka_run_group_tests_name("pipepool", tests, NULL, NULL);
}
