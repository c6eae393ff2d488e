/* SPDX-License-Identifier: BSD-2-Clause */
/* engine/patch: random pairs become equal, and nothing is written that need not be. */
#include "engine/patch.h"
#include "sys/file.h"
#include "temp.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <cmocka.h>

/* clang-format on */

enum { BLOCK = 4096, BLOCKS = 100, ROUNDS = 400, BUF = 2 * PATCH_BLOCK_MAX };

struct err __real_file_pwrite_all(int fd, const void *buf, size_t size, int64_t off);
struct err __wrap_file_pwrite_all(int fd, const void *buf, size_t size, int64_t off);
struct err __real_file_punch(int fd, int64_t off, int64_t len);
struct err __wrap_file_punch(int fd, int64_t off, int64_t len);

static int64_t written;        /* bytes */
static int64_t write_fails_at; /* ENOSPC at or after it, -1 = never */
static bool no_punch;          /* holes cannot be made */

struct err
__wrap_file_pwrite_all(int fd, const void *buf, size_t size, int64_t off)
{
	if (write_fails_at >= 0 && off + (int64_t)size > write_fails_at)
		return err_make(ENOSPC, OP_WRITE, SIDE_DST, off);
	written += (int64_t)size;
	return __real_file_pwrite_all(fd, buf, size, off);
}

struct err
__wrap_file_punch(int fd, int64_t off, int64_t len)
{
	if (no_punch)
		return err_make(EOPNOTSUPP, OP_ALLOCATE, SIDE_DST, off);
	return __real_file_punch(fd, off, len);
}

/* What an observer has seen, compared with what it should. */
struct eye {
	struct observer observer; /* first */
	int src;
	int64_t at;
};

static void
eye_begin(struct observer *o)
{
	((struct eye *)(void *)o)->at = 0;
}

static void
eye_see(struct observer *o, const void *bytes, size_t n)
{
	struct eye *eye = (struct eye *)(void *)o;
	char *is = malloc(n);

	assert_non_null(is);
	assert_int_equal(pread(eye->src, is, n, eye->at), n);
	assert_memory_equal(is, bytes, n);
	free(is);
	eye->at += (int64_t)n;
}

/* Fill FD with blocks that are holes, zeros or one of few contents. */
static void
scatter(int fd, int64_t size)
{
	char block[BLOCK];

	assert_int_equal(ftruncate(fd, size), 0);
	for (int64_t off = 0; off < size; off += BLOCK) {
		int what = rand() % 6;
		size_t n = size - off < BLOCK ? (size_t)(size - off) : BLOCK;

		memset(block, what > 2 ? 'a' + what : 0, sizeof block);
		if (what == 5)
			block[rand() % BLOCK] = 'z';
		if (what > 1)
			assert_int_equal(pwrite(fd, block, n, off), n);
	}
}

/* The bytes of SRC in blocks of GRAIN that are other in OLD, which counts as zeros where it ends. */
static int64_t
bytes_that_differ(int src, int old, int64_t size, size_t grain)
{
	static char a[PATCH_BLOCK_MAX], b[PATCH_BLOCK_MAX];
	int64_t sum = 0;

	for (int64_t off = 0; off < size; off += (int64_t)grain) {
		size_t n = size - off < (int64_t)grain ? (size_t)(size - off) : grain;

		memset(b, 0, sizeof b);
		assert_int_equal(pread(src, a, n, off), n);
		assert_true(pread(old, b, n, off) >= 0);
		sum += memcmp(a, b, n) != 0 ? (int64_t)n : 0;
	}
	return sum;
}

/* The buffer of patch(); the older copy is read to its second half. */
static char lent[BUF];

/* Patch DST, which has OLD's content, to be SRC's first SIZE bytes. */
static struct err
patch(struct patching *p, int64_t size, struct patched *out)
{
	struct block buf = { .mem = lent, .size = sizeof lent };
	struct cancel cancel;

	assert_false(err_failed(cancel_init(&cancel)));
	p->cancel = &cancel;
	*out = (struct patched){ 0 };
	written = 0;
	struct err e = patch_range(p, 0, size, buf, out);
	cancel_release(&cancel);
	return e;
}

/* A random pair: patched once it is equal, with no more written than has to be; twice, nothing is. */
static void
patch_random_pair(const char *dir)
{
	int src = make_file(dir);
	int dst = make_file(dir);
	int64_t size = 1 + rand() % (BLOCKS * BLOCK);
	struct eye eye = { { eye_begin, eye_see, false }, src, 0 };
	struct patching p = {
		.files = { src, dst, rand() % 2 == 0, rand() % 2 == 0, false },
		.dst = dst,
		.grain = patch_grain(rand() % 20000),
		.make_holes = rand() % 2 == 0,
		.observer = rand() % 2 == 0 ? &eye.observer : NULL,
	};
	struct patched out;

	no_punch = rand() % 4 == 0;
	scatter(src, size);
	scatter(dst, 1 + rand() % (BLOCKS * BLOCK));
	assert_int_equal(ftruncate(dst, size), 0);
	int64_t differs = bytes_that_differ(src, dst, size, p.grain);
	assert_false(err_failed(patch(&p, size, &out)));
	assert_int_equal(bytes_that_differ(src, dst, size, BLOCK), 0);
	assert_int_equal(out.written, written);
	assert_int_equal(out.bytes, size);
	assert_true(out.written <= differs);
	assert_true(out.holes + out.written <= size);
	assert_false(out.ended);
	/* but for blocks that became holes, all that differs was written; a wide block of which a part is a
	 * hole in the source is written in part */
	if (!p.make_holes && !p.files.seek_a && !p.files.seek_b)
		assert_int_equal(out.written, differs);
	if (p.observer != NULL)
		assert_int_equal(eye.at, size);
	eye_begin(&eye.observer);
	assert_false(err_failed(patch(&p, size, &out)));
	assert_int_equal(out.written, 0);
	close(src);
	close(dst);
}

static void
random_pairs_become_equal(void **state)
{
	struct temp t;

	(void)state;
	temp_make(&t);
	srand(6);
	write_fails_at = -1;
	for (int i = 0; i < ROUNDS; i++)
		patch_random_pair(t.path);
	no_punch = false;
	temp_remove(&t);
}

static void
holes_of_the_source_are_made(void **state)
{
	struct temp t;
	struct patched out;

	(void)state;
	temp_make(&t);
	int src = make_file(t.path);
	int dst = make_file(t.path);
	struct patching p = {
		.files = { src, dst, true, true, false },
		.dst = dst,
		.grain = BLOCK,
	};
	assert_int_equal(ftruncate(src, 1 << 20), 0);
	fill(src, 0, 8192);
	fill(dst, 0, 1 << 20);
	assert_false(err_failed(patch(&p, 1 << 20, &out)));
	assert_int_equal(out.written, 0);
	assert_int_equal(out.freed, (1 << 20) - 8192);
	assert_int_equal(out.holes, (1 << 20) - 8192);
	assert_true(stat_of(dst).st_blocks <= 64);
	close(src);
	close(dst);
	temp_remove(&t);
}

static void
what_an_older_copy_lacks_is_written(void **state)
{
	struct temp t;
	struct patched out;

	(void)state;
	temp_make(&t);
	int src = make_file(t.path);
	int old = make_file(t.path);
	int dst = make_file(t.path);
	struct patching p = {
		.files = { src, old, false, false, false },
		.dst = dst,
		.grain = BLOCK,
	};
	fill(src, 0, 100000);
	fill(old, 0, 50000);
	fill(dst, 0, 50000);
	assert_int_equal(ftruncate(dst, 100000), 0);
	/* there may be anything: what the source has, too */
	assert_true(pread(src, lent + BUF / 2, BUF / 2, 0) > 50000);
	assert_false(err_failed(patch(&p, 100000, &out)));
	/* from the block on that the older copy ends in */
	assert_int_equal(out.written, 100000 - 50000 / BLOCK * BLOCK);
	assert_int_equal(bytes_that_differ(src, dst, 100000, BLOCK), 0);
	close(src);
	close(old);
	close(dst);
	temp_remove(&t);
}

static void
ends_and_failures_are_told(void **state)
{
	struct temp t;
	struct patched out;

	(void)state;
	temp_make(&t);
	int src = make_file(t.path);
	int dst = make_file(t.path);
	struct patching p = {
		.files = { src, dst, false, false, false },
		.dst = dst,
		.grain = BLOCK,
	};
	fill(src, 0, 70000);
	assert_int_equal(ftruncate(dst, 100000), 0);
	assert_false(err_failed(patch(&p, 100000, &out)));
	assert_true(out.ended);
	assert_int_equal(out.end, 70000);
	fill(src, 1, 99999);
	assert_int_equal(ftruncate(dst, 0), 0);
	assert_int_equal(ftruncate(dst, 100000), 0);
	write_fails_at = 50000;
	struct err e = patch(&p, 100000, &out);
	assert_int_equal(e.code, ENOSPC);
	assert_int_equal(e.side, SIDE_DST);
	assert_int_equal(out.written, written);
	write_fails_at = -1;
	close(src);
	e = patch(&p, 100000, &out);
	assert_int_equal(e.op, OP_READ);
	assert_int_equal(e.side, SIDE_SRC);
	close(dst);
	temp_remove(&t);
}

static void
a_block_is_what_the_file_system_asks_for(void **state)
{
	(void)state;
	assert_int_equal(patch_grain(0), 4096);
	assert_int_equal(patch_grain(512), 4096);
	assert_int_equal(patch_grain(4096), 4096);
	assert_int_equal(patch_grain(65536), 65536);
	assert_int_equal(patch_grain(5000), 8192);
	assert_int_equal(patch_grain(INT64_MAX), PATCH_BLOCK_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_pairs_become_equal),
		cmocka_unit_test(holes_of_the_source_are_made),
		cmocka_unit_test(what_an_older_copy_lacks_is_written),
		cmocka_unit_test(ends_and_failures_are_told),
		cmocka_unit_test(a_block_is_what_the_file_system_asks_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
