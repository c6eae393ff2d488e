/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine/extent: what it tells of real files, and that it keeps its word when the kernel lies.
 * Link with -Wl,--wrap=file_seek_data,--wrap=file_seek_hole and base/err.c, sys/file.c,
 * engine/extent.c.
 */
#include "engine/extent.h"
#include "files.h"
#include "sys/file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What the next lseeks answer instead of the kernel, in order. */
struct answer {
	int code;    /* errno, 0 = success */
	int64_t pos; /* the position told */
};

static const struct answer *answers; /* NULL = ask the kernel */
static size_t answers_left;
static int asked;

struct err __real_file_seek_data(int fd, int64_t off, int64_t *pos);
struct err __wrap_file_seek_data(int fd, int64_t off, int64_t *pos);
struct err __real_file_seek_hole(int fd, int64_t off, int64_t *pos);
struct err __wrap_file_seek_hole(int fd, int64_t off, int64_t *pos);

static struct err
next_answer(int64_t off, int64_t *pos)
{
	assert_true(answers_left > 0);
	struct answer a = *answers++;
	answers_left--;
	if (a.code != 0)
		return err_make(a.code, OP_SEEK, SIDE_SRC, off);
	*pos = a.pos;
	return ERR_OK;
}

struct err
__wrap_file_seek_data(int fd, int64_t off, int64_t *pos)
{
	asked++;
	return answers != NULL ? next_answer(off, pos) : __real_file_seek_data(fd, off, pos);
}

struct err
__wrap_file_seek_hole(int fd, int64_t off, int64_t *pos)
{
	asked++;
	return answers != NULL ? next_answer(off, pos) : __real_file_seek_hole(fd, off, pos);
}

/* Iterate over [OFF, END) and compare with the COUNT ranges of WANT. */
static void
expect_ranges(int fd, int64_t off, int64_t end, const struct range *want, size_t count)
{
	struct extents x;
	struct range r;
	extents_init(&x, fd, off, end, true);
	for (size_t i = 0; i < count; i++) {
		assert_true(extents_next(&x, &r));
		assert_int_equal(r.off, want[i].off);
		assert_int_equal(r.len, want[i].len);
	}
	assert_false(extents_next(&x, &r));
	assert_false(extents_next(&x, &r));
}

static void
tells_data_between_holes(void **state)
{
	const char *const dirs[] = { "/dev/shm", "/tmp" };
	(void)state;
	answers = NULL;
	for (size_t i = 0; i < 2; i++) {
		int fd = make_file(dirs[i]);
		assert_int_equal(ftruncate(fd, 1 << 20), 0);
		fill(fd, 65536, 4096);
		fill(fd, 524288, 8192);
		expect_ranges(
		    fd, 0, 1 << 20, (struct range[]){ { 65536, 4096 }, { 524288, 8192 } }, 2);
		expect_ranges(
		    fd, 66000, 525000, (struct range[]){ { 66000, 3632 }, { 524288, 712 } }, 2);
		expect_ranges(fd, 600000, 1 << 20, NULL, 0);
		close(fd);
	}
}

static void
does_not_seek_unless_told(void **state)
{
	struct extents x;
	struct range r;
	(void)state;
	asked = 0;
	extents_init(&x, -1, 5, 105, false);
	assert_true(extents_next(&x, &r));
	assert_int_equal(r.off, 5);
	assert_int_equal(r.len, 100);
	assert_false(extents_next(&x, &r));
	extents_init(&x, -1, 0, 0, true);
	assert_false(extents_next(&x, &r));
	assert_int_equal(asked, 0);
}

struct lie {
	struct answer answers[4];
	size_t answer_count;
	struct range want[3];
	size_t want_count;
};

static void
falls_back_to_data_when_lied_to(void **state)
{
	/* All of [0, 1000). */
	static const struct lie lies[] = {
		{ { { EINVAL, 0 } }, 1, { { 0, 1000 } }, 1 },           /* no SEEK_DATA */
		{ { { 0, -1 } }, 1, { { 0, 0 } }, 0 },                  /* no data at all */
		{ { { 0, 100 }, { EIO, 0 } }, 2, { { 100, 900 } }, 1 }, /* no SEEK_HOLE */
		{ { { 0, 100 }, { 0, 100 } }, 2, { { 100, 900 } }, 1 }, /* hole at data */
		{ { { 0, 100 }, { 0, 50 } }, 2, { { 100, 900 } }, 1 },  /* hole before it */
		{ { { 0, 100 }, { 0, -1 } }, 2, { { 100, 900 } }, 1 },  /* it shrank */
		{ { { 0, 0 }, { 0, 5000 } }, 2, { { 0, 1000 } }, 1 },   /* it grew */
		{ { { 0, 5000 } }, 1, { { 0, 0 } }, 0 },                /* data beyond END */
		{ { { 0, 0 }, { 0, 10 }, { 0, 5 } }, 3, { { 0, 10 }, { 10, 990 } },
		    2 }, /* backwards */
		{ { { 0, 0 }, { 0, 10 }, { 0, 10 }, { 0, 1000 } }, 4, { { 0, 10 }, { 10, 990 } },
		    2 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		answers = lies[i].answers;
		answers_left = lies[i].answer_count;
		expect_ranges(-1, 0, 1000, lies[i].want, lies[i].want_count);
		assert_int_equal(answers_left, 0);
	}
	answers = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_data_between_holes),
		cmocka_unit_test(does_not_seek_unless_told),
		cmocka_unit_test(falls_back_to_data_when_lied_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
