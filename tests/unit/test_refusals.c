/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine/refusals: what is remembered, of whom, by how many threads.
 * Link with -Wl,--wrap=file_fs_type -pthread and base/err.c, sys/file.c, engine/refusals.c,
 * engine/fstraits.c.
 */
#include "engine/fstraits.h"
#include "engine/refusals.h"
#include "sys/file.h"

#include <errno.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static atomic_int asked; /* calls of file_fs_type() */
static int fs_type_code; /* errno it answers, 0 = success */
static int64_t fs_type;  /* the kind it answers */

struct err __wrap_file_fs_type(int fd, enum err_side side, int64_t *type);

struct err
__wrap_file_fs_type(int fd, enum err_side side, int64_t *type)
{
	(void)fd;
	atomic_fetch_add(&asked, 1);
	if (fs_type_code != 0)
		return err_make(fs_type_code, OP_STAT, side, -1);
	*type = fs_type;
	return ERR_OK;
}

static struct refusals refusals;

static int
reset(void **state)
{
	(void)state;
	asked = 0;
	fs_type_code = 0;
	fs_type = EXT4_SUPER_MAGIC;
	refusals_init(&refusals);
	return 0;
}

static int
release(void **state)
{
	(void)state;
	refusals_release(&refusals);
	return 0;
}

static const struct dev_pair other = { 1, 2 }; /* two devices */
static const struct dev_pair same = { 7, 7 };  /* one device */

static void
only_lasting_verdicts_are_remembered(void **state)
{
	static const int about_the_file[] = { EINVAL, EPERM, EACCES, EBADF, ETXTBSY, EISDIR, EIO,
		ENOSPC, EDQUOT, ENOMEM, EFBIG, ENOENT };
	static const int about_the_pair[] = { EXDEV, EOPNOTSUPP, ENOTTY };
	(void)state;
	for (size_t i = 0; i < sizeof(about_the_file) / sizeof(about_the_file[0]); i++) {
		refusals_note(&refusals, other, METHOD_CLONE, about_the_file[i]);
		assert_int_equal(refusals_get(&refusals, other, METHOD_CLONE), 0);
	}
	for (size_t i = 0; i < sizeof(about_the_pair) / sizeof(about_the_pair[0]); i++) {
		refusals_note(&refusals, other, METHOD_CLONE, about_the_pair[i]);
		assert_int_equal(refusals_get(&refusals, other, METHOD_CLONE), about_the_pair[i]);
	}
}

static void
pairs_and_methods_are_told_apart(void **state)
{
	const struct dev_pair back = { 2, 1 };
	(void)state;
	refusals_note(&refusals, other, METHOD_CLONE, EXDEV);
	assert_int_equal(refusals_get(&refusals, other, METHOD_CLONE), EXDEV);
	assert_int_equal(refusals_get(&refusals, other, METHOD_COPY_RANGE), 0);
	assert_int_equal(refusals_get(&refusals, back, METHOD_CLONE), 0);
	assert_int_equal(refusals_get(&refusals, same, METHOD_CLONE), 0);
}

static void
mounts_of_one_device_are_asked_again(void **state)
{
	(void)state;
	refusals_note(&refusals, same, METHOD_CLONE, EXDEV);
	assert_int_equal(refusals_get(&refusals, same, METHOD_CLONE), 0);
	refusals_note(&refusals, same, METHOD_CLONE, EOPNOTSUPP);
	assert_int_equal(refusals_get(&refusals, same, METHOD_CLONE), EOPNOTSUPP);
}

static void
a_missing_system_call_is_missing_for_all(void **state)
{
	(void)state;
	refusals_note(&refusals, other, METHOD_COPY_RANGE, ENOSYS);
	assert_int_equal(refusals_get(&refusals, same, METHOD_COPY_RANGE), ENOSYS);
	assert_int_equal(refusals_get(&refusals, same, METHOD_CLONE), 0);
}

static void
a_full_table_only_forgets(void **state)
{
	(void)state;
	for (unsigned i = 0; i < REFUSALS_CAP + 10; i++) {
		struct dev_pair devs = { 100 + i, 200 };
		refusals_note(&refusals, devs, METHOD_CLONE, EXDEV);
		assert_int_equal(refusals_traits(&refusals, devs.src, -1, SIDE_SRC),
		    fs_traits(EXT4_SUPER_MAGIC));
	}
	for (unsigned i = 0; i < REFUSALS_CAP + 10; i++) {
		struct dev_pair devs = { 100 + i, 200 };
		assert_int_equal(
		    refusals_get(&refusals, devs, METHOD_CLONE), i < REFUSALS_CAP ? EXDEV : 0);
	}
}

static void
a_device_is_asked_once(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    refusals_traits(&refusals, 5, -1, SIDE_DST), fs_traits(EXT4_SUPER_MAGIC));
	assert_int_equal(asked, 1);
	fs_type = PROC_SUPER_MAGIC;
	assert_int_equal(refusals_traits(&refusals, 6, -1, SIDE_SRC), FS_LOCAL);
	fs_type_code = EIO;
	assert_int_equal(refusals_traits(&refusals, 8, -1, SIDE_SRC), 0);
	assert_int_equal(refusals_traits(&refusals, 8, -1, SIDE_SRC), 0);
	assert_int_equal(asked, 4);
}

static void
kinds_have_their_traits(void **state)
{
	(void)state;
	assert_true(fs_traits(EXT4_SUPER_MAGIC) & FS_PREALLOCATE);
	assert_true(fs_traits(XFS_SUPER_MAGIC) & FS_PREALLOCATE);
	assert_false(fs_traits(BTRFS_SUPER_MAGIC) & FS_PREALLOCATE);
	assert_false(fs_traits(TMPFS_MAGIC) & FS_PREALLOCATE);
	assert_true(fs_traits(OVERLAYFS_SUPER_MAGIC) & FS_TRUE_SIZE);
	assert_false(fs_traits(SYSFS_MAGIC) & FS_TRUE_SIZE);
	assert_int_equal(fs_traits(0x2fc12fc1), 0); /* ZFS */
	assert_int_equal(fs_traits(NFS_SUPER_MAGIC), 0);
	assert_int_equal(fs_traits(0x65735546), 0); /* FUSE */
}

/* Note and read as a worker does; answers are right or not there yet. */
static void *
work(void *arg)
{
	uintptr_t wrong = 0;
	(void)arg;
	for (unsigned round = 0; round < 2000; round++) {
		struct dev_pair devs = { round % 50, 3 };
		int code = refusals_get(&refusals, devs, METHOD_CLONE);
		wrong += code != 0 && code != EXDEV;
		wrong += refusals_traits(&refusals, round % 50, -1, SIDE_SRC) !=
			 fs_traits(EXT4_SUPER_MAGIC);
		refusals_note(&refusals, devs, METHOD_CLONE, EXDEV);
		wrong +=
		    refusals_get(&refusals, devs, METHOD_CLONE) != EXDEV && devs.src != devs.dst;
	}
	return (void *)wrong;
}

static void
workers_share_it(void **state)
{
	pthread_t threads[4];
	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
	for (int i = 0; i < 4; i++) {
		void *wrong;
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	assert_int_equal(refusals.pair_count, 49);
	assert_int_equal(refusals.dev_count, 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    only_lasting_verdicts_are_remembered, reset, release),
		cmocka_unit_test_setup_teardown(pairs_and_methods_are_told_apart, reset, release),
		cmocka_unit_test_setup_teardown(
		    mounts_of_one_device_are_asked_again, reset, release),
		cmocka_unit_test_setup_teardown(
		    a_missing_system_call_is_missing_for_all, reset, release),
		cmocka_unit_test_setup_teardown(a_full_table_only_forgets, reset, release),
		cmocka_unit_test_setup_teardown(a_device_is_asked_once, reset, release),
		cmocka_unit_test_setup_teardown(kinds_have_their_traits, reset, release),
		cmocka_unit_test_setup_teardown(workers_share_it, reset, release),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
