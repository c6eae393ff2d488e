/* SPDX-License-Identifier: BSD-2-Clause */
/* engine/alike: contents, differences at every kind of place, holes and files that end early. */
#include "engine/alike.h"
#include "temp.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <cmocka.h>

/* clang-format on */

enum { SIZE = 300000, BLOCK = 8192 };

static char content[SIZE];

static int
make_content(struct temp *t, const char *name)
{
	int fd = openat(t->fd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, content, SIZE, 0), SIZE);
	return fd;
}

static struct err
alike(int a, int b, int64_t from, int64_t end, struct likeness *out)
{
	static char mem[2 * BLOCK];
	struct block buf = { .mem = mem, .size = sizeof mem };
	struct cancel cancel;
	struct comparison c = { .a = a, .b = b, .seek = true, .sharing = true, .cancel = &cancel };

	assert_false(err_failed(cancel_init(&cancel)));
	*out = (struct likeness){ 0 };
	struct err err = compare_range(&c, from, end, buf, out);
	cancel_release(&cancel);
	return err;
}

static void
test_differences(void **state)
{
	static const int64_t places[] = { 0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 123456, SIZE - 1 };
	struct temp t;
	struct likeness like;

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		content[i] = (char)(i * 7 + i / 256);
	temp_make(&t);
	int a = make_content(&t, "a");
	int b = make_content(&t, "b");
	assert_false(err_failed(alike(a, b, 0, SIZE, &like)));
	assert_false(like.differs);
	assert_int_equal(like.read + like.shared + like.holes, SIZE);
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		char other = (char)(content[places[i]] ^ 1);
		assert_int_equal(pwrite(b, &other, 1, places[i]), 1);
		assert_false(err_failed(alike(a, b, 0, SIZE, &like)));
		assert_true(like.differs);
		assert_int_equal(like.at, places[i]);
		assert_false(err_failed(alike(a, b, places[i] + 1, SIZE, &like)));
		assert_false(like.differs);
		assert_int_equal(pwrite(b, &content[places[i]], 1, places[i]), 1);
	}
	close(a);
	close(b);
	temp_remove(&t);
}

static void
test_holes(void **state)
{
	struct temp t;
	struct likeness like;

	(void)state;
	temp_make(&t);
	int a = openat(t.fd, "a", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int b = openat(t.fd, "b", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(a, 10 << 20), 0);
	assert_int_equal(ftruncate(b, 10 << 20), 0);
	assert_int_equal(pwrite(a, "x", 1, 3 << 20), 1);
	assert_int_equal(pwrite(b, "x", 1, 3 << 20), 1);
	assert_int_equal(pwrite(b, "\0", 1, 7 << 20), 1);
	assert_false(err_failed(alike(a, b, 0, 10 << 20, &like)));
	assert_false(like.differs);
	assert_int_equal(like.read + like.shared + like.holes, 10 << 20);
	assert_int_equal(pwrite(b, "y", 1, 9 << 20), 1);
	assert_false(err_failed(alike(a, b, 0, 10 << 20, &like)));
	assert_true(like.differs);
	assert_int_equal(like.at, 9 << 20);
	close(a);
	close(b);
	temp_remove(&t);
}

static void
test_ends_early(void **state)
{
	struct temp t;
	struct likeness like;

	(void)state;
	temp_make(&t);
	int a = make_content(&t, "a");
	int b = make_content(&t, "b");
	assert_int_equal(ftruncate(b, SIZE - 5), 0);
	struct err err = alike(a, b, 0, SIZE, &like);
	assert_int_equal(err.op, OP_CHANGED);
	assert_int_equal(err.side, SIDE_DST);
	assert_int_equal(err.off, SIZE - 5);
	close(a);
	close(b);
	temp_remove(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_ends_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
