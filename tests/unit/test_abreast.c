/* SPDX-License-Identifier: BSD-2-Clause */
/* engine/abreast: every block of two files gets its kind, however holes and shared parts overlap. */
#include "engine/abreast.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

/* clang-format on */

struct err __wrap_file_seek_data(int fd, int64_t off, int64_t *pos);
struct err __wrap_file_seek_hole(int fd, int64_t off, int64_t *pos);
void __wrap_sharing_init(struct sharing *s, int a, int b, int64_t off, int64_t end);
bool __wrap_sharing_next(struct sharing *s, struct range *r);

enum { UNIT = 10, SIZE = 30, ROUNDS = 2000 };

static bool data[2][SIZE]; /* whether the unit of a file is data */
static bool shared[SIZE];  /* whether both, being data, share it */

/* Find the first unit of FD from OFF on that is data, or is not. */
static int64_t
find(int fd, int64_t off, bool wanted)
{
	int64_t at = off;

	for (; at < (int64_t)SIZE * UNIT && data[fd][at / UNIT] != wanted;
	     at = (at / UNIT + 1) * UNIT)
		continue;
	return at;
}

struct err
__wrap_file_seek_data(int fd, int64_t off, int64_t *pos)
{
	*pos = find(fd, off, true);
	if (*pos >= (int64_t)SIZE * UNIT)
		*pos = -1;
	return ERR_OK;
}

struct err
__wrap_file_seek_hole(int fd, int64_t off, int64_t *pos)
{
	*pos = find(fd, off, false);
	return ERR_OK;
}

void
__wrap_sharing_init(struct sharing *s, int a, int b, int64_t off, int64_t end)
{
	(void)a;
	(void)b;
	s->pos = off;
	s->end = end;
}

bool
__wrap_sharing_next(struct sharing *s, struct range *r)
{
	while (s->pos < s->end && !shared[s->pos / UNIT])
		s->pos = (s->pos / UNIT + 1) * UNIT;
	if (s->pos >= s->end)
		return false;
	r->off = s->pos;
	while (s->pos < s->end && shared[s->pos / UNIT])
		s->pos = (s->pos / UNIT + 1) * UNIT;
	r->len = (s->pos < s->end ? s->pos : s->end) - r->off;
	return true;
}

/* The kind of unit I, as far as the holes of each side are asked for. */
static enum abreast_kind
kind_of(const struct abreast_files *f, int64_t i)
{
	bool a = data[0][i] || !f->seek_a;
	bool b = data[1][i] || !f->seek_b;

	if (a && b)
		return shared[i] && f->sharing ? ABREAST_SHARED : ABREAST_BOTH;
	if (a)
		return ABREAST_ONLY_A;
	return b ? ABREAST_ONLY_B : ABREAST_HOLES;
}

static void
walk_random_files(void)
{
	const struct abreast_files files = { 0, 1, rand() % 2, rand() % 2, rand() % 2 };
	int64_t off = rand() % (SIZE * UNIT);
	int64_t end = off + rand() % (SIZE * UNIT - off + 1);
	int64_t pos = off;
	struct abreast walk;
	struct stretch s;

	for (int i = 0; i < SIZE; i++) {
		data[0][i] = rand() % 3 > 0;
		data[1][i] = rand() % 3 > 0;
		shared[i] = data[0][i] && data[1][i] && rand() % 2 == 0;
	}
	abreast_init(&walk, &files, off, end);
	while (abreast_next(&walk, &s)) {
		assert_int_equal(s.range.off, pos);
		assert_true(s.range.len > 0);
		for (int64_t at = pos; at < pos + s.range.len; at++)
			assert_int_equal(kind_of(&files, at / UNIT), s.kind);
		pos += s.range.len;
	}
	assert_int_equal(pos, end);
}

static void
every_byte_has_its_kind(void **state)
{
	(void)state;
	srand(8);
	for (int i = 0; i < ROUNDS; i++)
		walk_random_files();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_has_its_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
