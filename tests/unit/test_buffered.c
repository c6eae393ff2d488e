/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine/buffered: content, zeros that become holes, ends that lie, failures at their byte.
 * Link with -Wl,--wrap=file_pread,--wrap=file_pwrite_all and base/err.c, sys/{file,proc}.c,
 * engine/buffered.c, thread/cancel.c.
 */
#include "engine/buffered.h"
#include "files.h"
#include "sys/file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { BUF_SIZE = 65536 };

static char memory[BUF_SIZE];
static struct cancel cancel;
static _Atomic int64_t live;

static int reads;              /* calls of file_pread() */
static int writes;             /* calls of file_pwrite_all() */
static size_t read_most;       /* the most a read gives, 0 = what it can */
static int64_t read_fails_at;  /* EIO from a read at or after it, -1 = never */
static int64_t write_fails_at; /* ENOSPC from its byte on, -1 = never */

struct err __real_file_pread(int fd, void *buf, size_t size, int64_t off, size_t *got);
struct err __wrap_file_pread(int fd, void *buf, size_t size, int64_t off, size_t *got);
struct err __real_file_pwrite_all(int fd, const void *buf, size_t size, int64_t off);
struct err __wrap_file_pwrite_all(int fd, const void *buf, size_t size, int64_t off);

struct err
__wrap_file_pread(int fd, void *buf, size_t size, int64_t off, size_t *got)
{
	reads++;
	if (read_fails_at >= 0 && off >= read_fails_at)
		return err_make(EIO, OP_READ, SIDE_SRC, off);
	if (read_most > 0 && size > read_most)
		size = read_most;
	return __real_file_pread(fd, buf, size, off, got);
}

struct err
__wrap_file_pwrite_all(int fd, const void *buf, size_t size, int64_t off)
{
	writes++;
	if (write_fails_at < 0 || off + (int64_t)size <= write_fails_at)
		return __real_file_pwrite_all(fd, buf, size, off);
	TRY(__real_file_pwrite_all(fd, buf, (size_t)(write_fails_at - off), off));
	return err_make(ENOSPC, OP_WRITE, SIDE_DST, write_fails_at);
}

static int
reset(void **state)
{
	(void)state;
	reads = writes = 0;
	read_most = 0;
	read_fails_at = write_fails_at = -1;
	live = 0;
	return err_failed(cancel_init(&cancel));
}

static int
release(void **state)
{
	(void)state;
	cancel_release(&cancel);
	return 0;
}

static struct buffered
between(int src, int dst, bool holes)
{
	return (struct buffered){ .src = src,
		.dst = dst,
		.buf = { memory, BUF_SIZE },
		.holes = holes,
		.cancel = &cancel,
		.live_bytes = &live };
}

static void
small_file_takes_two_calls(void **state)
{
	int src = make_file("/dev/shm");
	int dst = make_file("/dev/shm");
	struct buffered b = between(src, dst, false);
	struct tally t;
	(void)state;
	fill(src, 0, 5000);
	assert_false(err_failed(buffered_copy(&b, 0, 5000, &t)));
	assert_int_equal(reads, 1);
	assert_int_equal(writes, 1);
	assert_int_equal(t.bytes, 5000);
	assert_int_equal(t.written, 5000);
	assert_int_equal(live, 5000);
	assert_same_content(src, dst);
	close(src);
	close(dst);
}

static void
reads_to_the_end_wherever_it_is(void **state)
{
	int src = make_file("/dev/shm");
	int dst = make_file("/tmp");
	struct buffered b = between(src, dst, false);
	struct tally t;
	(void)state;
	fill(src, 0, 200001);
	read_most = 777;
	assert_false(err_failed(buffered_copy(&b, 0, INT64_MAX, &t)));
	assert_int_equal(t.bytes, 200001);
	assert_same_content(src, dst);
	close(src);
	close(dst);
}

static void
short_source_is_no_failure(void **state)
{
	int src = make_file("/dev/shm");
	int dst = make_file("/dev/shm");
	struct buffered b = between(src, dst, false);
	struct tally t;
	(void)state;
	fill(src, 0, 100);
	assert_false(err_failed(buffered_copy(&b, 60, 500, &t)));
	assert_int_equal(t.bytes, 40);
	assert_int_equal(t.written, 100);
	close(src);
	close(dst);
}

static void
zeros_become_holes(void **state)
{
	const char *const dirs[] = { "/dev/shm", "/tmp" };
	const size_t most[] = { 0, 1000, 4096, 10000 };
	(void)state;
	for (size_t i = 0; i < 8; i++) {
		int src = make_file(dirs[i % 2]);
		int dst = make_file(dirs[i % 2]);
		struct buffered b = between(src, dst, true);
		struct tally t;
		read_most = most[i / 2];
		fill(src, 0, 300000);
		/* Zeros with ragged ends, over several buffers; and at the end of the file. */
		memset(memory, 0, sizeof(memory));
		for (int64_t off = 10000; off < 205000; off += 5000)
			assert_int_equal(pwrite(src, memory, 5000, off), 5000);
		assert_int_equal(pwrite(src, memory, 10000, 290000), 10000);
		assert_false(err_failed(buffered_copy(&b, 0, 300000, &t)));
		assert_int_equal(t.bytes, 300000);
		/* Whole blocks: [12288, 204800) and the end from 290816 on; more where short reads
		 * make pieces of their own. */
		assert_true(t.holes >= 192512 + 9184);
		assert_int_equal(ftruncate(dst, t.bytes), 0);
		assert_same_content(src, dst);
		assert_true(stat_of(dst).st_blocks * 512 <= 300000 - 192512);
		close(src);
		close(dst);
	}
}

static void
holes_lie_at_multiples_wherever_it_starts(void **state)
{
	int src = make_file("/dev/shm");
	int dst = make_file("/dev/shm");
	struct buffered b = between(src, dst, true);
	struct tally t;

	(void)state;
	fill(src, 0, 300000);
	memset(memory, 0, sizeof(memory));
	for (int64_t off = 10000; off < 205000; off += 5000)
		assert_int_equal(pwrite(src, memory, 5000, off), 5000);
	assert_false(err_failed(buffered_copy(&b, 1000, 299000, &t)));
	assert_int_equal(t.bytes, 299000);
	assert_int_equal(t.holes, 204800 - 12288);
	close(src);
	close(dst);
}

static void
all_zeros_write_nothing(void **state)
{
	int src = make_file("/dev/shm");
	int dst = make_file("/dev/shm");
	struct buffered b = between(src, dst, true);
	struct tally t;
	(void)state;
	assert_int_equal(ftruncate(src, 100001), 0);
	assert_false(err_failed(buffered_copy(&b, 0, INT64_MAX, &t)));
	assert_int_equal(t.bytes, 100001);
	assert_int_equal(t.holes, 100001);
	assert_int_equal(t.written, 0);
	assert_int_equal(writes, 0);
	close(src);
	close(dst);
}

static void
failures_name_their_byte(void **state)
{
	int src = make_file("/dev/shm");
	int dst = make_file("/dev/shm");
	struct buffered b = between(src, dst, false);
	struct tally t;
	(void)state;
	fill(src, 0, 200000);
	read_fails_at = 131072;
	struct err e = buffered_copy(&b, 0, 200000, &t);
	assert_int_equal(e.code, EIO);
	assert_int_equal(e.side, SIDE_SRC);
	assert_int_equal(e.off, 131072);
	assert_int_equal(t.bytes, 131072);
	assert_int_equal(t.written, 131072);

	read_fails_at = -1;
	write_fails_at = 70001;
	e = buffered_copy(&b, 0, 200000, &t);
	assert_int_equal(e.code, ENOSPC);
	assert_int_equal(e.side, SIDE_DST);
	assert_int_equal(e.off, 70001);
	assert_int_equal(t.bytes, 70001);
	assert_int_equal(t.written, 70001);
	assert_int_equal(live, 131072 + 70001);
	close(src);
	close(dst);
}

static void
cancellation_stops_it(void **state)
{
	int src = make_file("/dev/shm");
	int dst = make_file("/dev/shm");
	struct buffered b = between(src, dst, false);
	struct tally t;
	(void)state;
	fill(src, 0, 10);
	cancel_request(&cancel, err_make(EINTR, OP_NONE, SIDE_NONE, -1));
	assert_int_equal(buffered_copy(&b, 0, 10, &t).code, ECANCELED);
	assert_int_equal(t.bytes, 0);
	assert_int_equal(reads, 0);
	close(src);
	close(dst);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(small_file_takes_two_calls, reset, release),
		cmocka_unit_test_setup_teardown(reads_to_the_end_wherever_it_is, reset, release),
		cmocka_unit_test_setup_teardown(short_source_is_no_failure, reset, release),
		cmocka_unit_test_setup_teardown(zeros_become_holes, reset, release),
		cmocka_unit_test_setup_teardown(
		    holes_lie_at_multiples_wherever_it_starts, reset, release),
		cmocka_unit_test_setup_teardown(all_zeros_write_nothing, reset, release),
		cmocka_unit_test_setup_teardown(failures_name_their_byte, reset, release),
		cmocka_unit_test_setup_teardown(cancellation_stops_it, reset, release),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
