/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes of directories come back from the spool as they went in, by depth, in order. */
#include "run/dirspool.h"
#include "temp.h"

#include <string.h>

#include <cmocka.h>

static void
add(struct dirspool *s, int dir, const char *path, size_t depth, const struct arc_member *m)
{
	assert_false(err_failed(dirspool_add(s, dir, path, depth, m)));
}

static void
records_are_linked_by_depth(void **state)
{
	static const char *const paths[] = { "b", "a", "c" };
	struct temp t;
	struct arc_member m = { .type = ARC_DIR, .mode = 0700 };
	const char *path;
	struct dirspool s;

	(void)state;
	temp_make(&t);
	dirspool_init(&s);
	for (size_t i = 0; i < 3; i++) {
		char deep[] = "x/y";
		m.uid = (int64_t)i;
		add(&s, t.fd, paths[i], 1, &m);
		deep[0] = paths[i][0];
		add(&s, t.fd, deep, 2, &m);
	}
	add(&s, t.fd, "", 0, &m);
	assert_true(s.n_levels > 2);
	int64_t at = s.levels[1].first;
	for (size_t i = 0; i < 3; i++) {
		assert_true(at >= 0);
		assert_false(err_failed(dirspool_read(&s, &at, &path, &m)));
		assert_string_equal(path, paths[i]);
		assert_int_equal(m.uid, i);
		assert_int_equal(m.type, ARC_DIR);
	}
	assert_int_equal(at, -1);
	at = s.levels[0].first;
	assert_false(err_failed(dirspool_read(&s, &at, &path, &m)));
	assert_string_equal(path, "");
	assert_int_equal(at, -1);
	dirspool_release(&s);
	temp_remove(&t);
}

static void
all_attributes_come_back(void **state)
{
	static const char big[9000] = "x";
	const struct arc_xattr xattrs[] = {
		{ .name = "user.empty", .value = "", .len = 0 },
		{ .name = "user.big", .value = big, .len = sizeof big },
		{ .name = "user.nul", .value = "a\0b", .len = 3 },
	};
	const struct arc_member in = {
		.type = ARC_DIR,
		.mode = 02755,
		.has_owner = true,
		.uid = 1,
		.gid = 4294967294,
		.has_times = 1U << ARC_MTIME,
		.times[ARC_MTIME] = { -5, 999999999 },
		.lost_acl = true,
		.xattrs = xattrs,
		.n_xattrs = 3,
	};
	const struct arc_member bare = { .type = ARC_DIR };
	struct temp t;
	const char *path;
	struct arc_member m;
	struct dirspool s;

	(void)state;
	temp_make(&t);
	dirspool_init(&s);
	add(&s, t.fd, "a/b", 2, &in);
	add(&s, t.fd, "a/c", 2, &bare);
	int64_t at = s.levels[2].first;
	assert_false(err_failed(dirspool_read(&s, &at, &path, &m)));
	assert_string_equal(path, "a/b");
	assert_int_equal(m.mode, 02755);
	assert_true(m.has_owner && m.lost_acl);
	assert_int_equal(m.uid, 1);
	assert_int_equal(m.gid, 4294967294);
	assert_int_equal(m.has_times, 1U << ARC_MTIME);
	assert_memory_equal(m.times, in.times, sizeof m.times);
	assert_int_equal(m.n_xattrs, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(m.xattrs[i].name, xattrs[i].name);
		assert_int_equal(m.xattrs[i].len, xattrs[i].len);
		assert_memory_equal(m.xattrs[i].value, xattrs[i].value, xattrs[i].len);
	}
	assert_false(err_failed(dirspool_read(&s, &at, &path, &m)));
	assert_string_equal(path, "a/c");
	assert_int_equal(m.n_xattrs, 0);
	assert_false(m.has_owner);
	dirspool_release(&s);
	temp_remove(&t);
}

static void
nothing_is_left_behind(void **state)
{
	const struct arc_member m = { .type = ARC_DIR };
	struct temp t;
	struct dirspool s;

	(void)state;
	temp_make(&t);
	dirspool_init(&s);
	dirspool_release(&s);
	dirspool_init(&s);
	add(&s, t.fd, "a", 1, &m);
	assert_int_equal(count_names(t.fd), 0);
	dirspool_release(&s);
	assert_int_equal(s.fd, -1);
	temp_remove(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_linked_by_depth),
		cmocka_unit_test(all_attributes_come_back),
		cmocka_unit_test(nothing_is_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
