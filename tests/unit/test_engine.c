/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine/engine: what the ladder moves and by which means: content, holes, sizes that lie, clones.
 * Link as engine_fake.h says.
 */
#include "engine_fake.h"

static void
first_working_means_is_taken(void **state)
{
	(void)state;
	open_pair("/tmp");
	expect_copy(BIG, METHOD_COPY_RANGE);
	assert_int_equal(cloning.calls, 1);
	assert_int_equal(reads, 0);
	close_pair();
}

static void
small_files_take_two_calls(void **state)
{
	static const int64_t sizes[] = { 1, 4096 };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_pair("/tmp");
		calm();
		expect_copy(sizes[i], METHOD_BUFFER);
		assert_int_equal(reads, 1);
		/* each pair of this test is new: its one refusal is asked for */
		assert_int_equal(cloning.calls, 1);
		assert_int_equal(ranging.calls + sending.calls, 0);
		close_pair();
	}
}

static void
a_source_that_shrank_is_no_failure(void **state)
{
	static const int64_t was[] = { 4000, 10000, BIG, 5 << 20 };
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct moved out;
		open_pair("/tmp");
		calm();
		fill(src, 0, was[i]);
		struct stat st = stat_of(src);
		assert_int_equal(ftruncate(src, 1234), 0);
		assert_int_equal(copy_as(&st, &out).code, 0);
		assert_int_equal(out.bytes, 1234);
		assert_same_content(src, dst);
		/* No blocks stay reserved. */
		assert_true(stat_of(dst).st_blocks <= 8);
		close_pair();
	}
}

static void
a_source_that_grew_is_copied_to_its_size(void **state)
{
	struct moved out;
	(void)state;
	open_pair("/tmp");
	fill(src, 0, BIG);
	struct stat st = stat_of(src);
	fill(src, BIG, 5000);
	assert_int_equal(copy_as(&st, &out).code, 0);
	assert_int_equal(out.bytes, BIG);
	assert_int_equal(stat_of(dst).st_size, BIG);
	close_pair();
}

static void
holes_are_kept_at_every_rung(void **state)
{
	static const enum method want[] = { METHOD_COPY_RANGE, METHOD_SENDFILE, METHOD_BUFFER };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct moved out;
		open_pair(i % 2 == 0 ? "/tmp" : "/dev/shm");
		calm();
		if (i / 2 >= 1)
			ranging.code = EOPNOTSUPP;
		if (i / 2 == 2)
			sending.code = EINVAL;
		fill_sparse();
		assert_int_equal(copy(&out).code, 0);
		assert_int_equal(out.method, want[i / 2]);
		assert_int_equal(out.bytes, (1 << 20) + 77);
		assert_int_equal(out.holes, (1 << 20) + 77 - 12288);
		assert_int_equal(live, out.bytes);
		assert_same_content(src, dst);
		assert_int_equal(stat_of(dst).st_blocks, stat_of(src).st_blocks);
		assert_int_equal(allocate_calls, 0);
		close_pair();
	}
}

static void
a_file_of_holes_moves_nothing(void **state)
{
	struct moved out;
	(void)state;
	open_pair("/tmp");
	assert_int_equal(ftruncate(src, 123456), 0);
	assert_int_equal(copy(&out).code, 0);
	assert_int_equal(out.method, METHOD_NONE);
	assert_int_equal(out.holes, 123456);
	assert_int_equal(ranging.calls + sending.calls + reads, 0);
	assert_int_equal(stat_of(dst).st_size, 123456);
	assert_int_equal(stat_of(dst).st_blocks, 0);
	close_pair();
}

static void
holes_of_unknown_kinds_are_read(void **state)
{
	struct moved out;
	(void)state;
	open_pair("/tmp");
	fs_type = 0x2fc12fc1; /* ZFS */
	fill_sparse();
	assert_int_equal(copy(&out).code, 0);
	assert_int_equal(out.method, METHOD_BUFFER);
	assert_same_content(src, dst);
	assert_int_equal(stat_of(dst).st_blocks, stat_of(src).st_blocks);
	close_pair();
}

static void
sparse_always_finds_zeros(void **state)
{
	struct moved out;
	(void)state;
	open_pair("/tmp");
	opts.sparse = WHEN_ALWAYS;
	memset(memory, 0, sizeof(memory));
	for (int64_t off = 0; off < 4 * BUF_SIZE; off += BUF_SIZE)
		assert_int_equal(pwrite(src, memory, BUF_SIZE, off), BUF_SIZE);
	fill(src, 300000, 10);
	assert_int_equal(copy(&out).code, 0);
	assert_int_equal(out.method, METHOD_BUFFER);
	assert_int_equal(cloning.calls, 0);
	assert_int_equal(out.holes, 4 * BUF_SIZE - 4096);
	assert_same_content(src, dst);
	assert_int_equal(stat_of(dst).st_blocks, 8);
	close_pair();
}

static void
sparse_never_writes_zeros(void **state)
{
	struct moved out;
	(void)state;
	open_pair("/tmp");
	opts.sparse = WHEN_NEVER;
	fill_sparse();
	assert_int_equal(copy(&out).code, 0);
	assert_int_equal(out.method, METHOD_SENDFILE);
	assert_int_equal(out.holes, 0);
	assert_int_equal(cloning.calls + ranging.calls, 0);
	assert_same_content(src, dst);
	assert_true(stat_of(dst).st_blocks * 512 >= (1 << 20) + 77);
	close_pair();
}

static void
reflink_always_clones_or_fails(void **state)
{
	static const int64_t sizes[] = { 0, 100, BIG };
	struct moved out;
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		open_pair("/tmp");
		opts.reflink = WHEN_ALWAYS;
		fill(src, 0, sizes[i]);
		assert_int_equal(copy(&out).code, EOPNOTSUPP);
		assert_int_equal(out.bytes, 0);
		assert_int_equal(stat_of(dst).st_size, 0);
		close_pair();
	}
	assert_int_equal(cloning.calls, 3);
	assert_int_equal(ranging.calls + sending.calls + reads, 0);
}

static void
reflink_never_shares_nothing(void **state)
{
	(void)state;
	open_pair("/tmp");
	opts.reflink = WHEN_NEVER;
	expect_copy(BIG, METHOD_SENDFILE);
	assert_int_equal(cloning.calls + ranging.calls, 0);
	close_pair();
}

/* Row 2 of tests/STAGES.md. */
static void
empty_files_take_no_call(void **state)
{
	struct moved out;
	(void)state;
	open_pair("/tmp");
	assert_int_equal(copy(&out).code, 0);
	assert_int_equal(out.method, METHOD_NONE);
	assert_int_equal(reads + cloning.calls + ranging.calls + sending.calls, 0);
	close_pair();
}

static void
made_up_files_are_read_to_their_end(void **state)
{
	static const char *const names[] = { "/proc/version", "/proc/self/maps", "/proc/kallsyms",
		"/sys/kernel/mm/transparent_hugepage/enabled", "/proc/sys/kernel/ostype" };
	static char want[1 << 16], got[1 << 16];
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct moved out;
		src = open(names[i], O_RDONLY | O_CLOEXEC);
		if (src < 0)
			continue;
		dst = make_file("/tmp");
		opts.sparse = i % 2 == 0 ? WHEN_AUTO : WHEN_NEVER;
		ssize_t size = read(src, want, sizeof(want));
		assert_true(size > 0);
		assert_int_equal(copy(&out).code, 0);
		assert_int_equal(out.method, METHOD_BUFFER);
		assert_true(out.bytes >= size);
		assert_int_equal(out.bytes, stat_of(dst).st_size);
		assert_int_equal(pread(dst, got, (size_t)size, 0), size);
		if (strcmp(names[i], "/proc/self/maps") != 0)
			assert_memory_equal(want, got, (size_t)size);
		close_pair();
	}
}

static void
blocks_are_reserved_where_it_pays(void **state)
{
	(void)state;
	fs_type = EXT4_SUPER_MAGIC;
	open_pair("/tmp");
	expect_copy(2 << 20, METHOD_COPY_RANGE);
	assert_int_equal(allocate_calls, 1);
	close_pair();

	calm();
	fs_type = EXT4_SUPER_MAGIC;
	allocate_code = EOPNOTSUPP;
	open_pair("/tmp");
	expect_copy(2 << 20, METHOD_COPY_RANGE);
	close_pair();

	struct moved out;
	calm();
	fs_type = EXT4_SUPER_MAGIC;
	allocate_code = ENOSPC;
	open_pair("/tmp");
	fill(src, 0, 2 << 20);
	assert_int_equal(copy(&out).code, ENOSPC);
	assert_int_equal(ranging.calls, 0);
	close_pair();

	calm();
	fs_type = BTRFS_SUPER_MAGIC;
	open_pair("/tmp");
	expect_copy(2 << 20, METHOD_COPY_RANGE);
	assert_int_equal(allocate_calls, 0);
	close_pair();
}

static void
other_devices_are_reached_by_sendfile(void **state)
{
	(void)state;
	cloning.code = ASK_KERNEL;
	src = make_file("/dev/shm");
	dst = make_file("/tmp");
	if (stat_of(src).st_dev == stat_of(dst).st_dev)
		skip();
	expect_copy(BIG, METHOD_SENDFILE);
	close_pair();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(first_working_means_is_taken, reset, release),
		cmocka_unit_test_setup_teardown(small_files_take_two_calls, reset, release),
		cmocka_unit_test_setup_teardown(a_source_that_shrank_is_no_failure, reset, release),
		cmocka_unit_test_setup_teardown(
		    a_source_that_grew_is_copied_to_its_size, reset, release),
		cmocka_unit_test_setup_teardown(holes_are_kept_at_every_rung, reset, release),
		cmocka_unit_test_setup_teardown(a_file_of_holes_moves_nothing, reset, release),
		cmocka_unit_test_setup_teardown(holes_of_unknown_kinds_are_read, reset, release),
		cmocka_unit_test_setup_teardown(sparse_always_finds_zeros, reset, release),
		cmocka_unit_test_setup_teardown(sparse_never_writes_zeros, reset, release),
		cmocka_unit_test_setup_teardown(reflink_always_clones_or_fails, reset, release),
		cmocka_unit_test_setup_teardown(reflink_never_shares_nothing, reset, release),
		cmocka_unit_test_setup_teardown(empty_files_take_no_call, reset, release),
		cmocka_unit_test_setup_teardown(
		    made_up_files_are_read_to_their_end, reset, release),
		cmocka_unit_test_setup_teardown(blocks_are_reserved_where_it_pays, reset, release),
		cmocka_unit_test_setup_teardown(
		    other_devices_are_reached_by_sendfile, reset, release),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
