/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine/engine: each rung's answers to each error, holes, sizes that lie, and the calls it makes.
 * Link with -Wl,--wrap=move_clone,--wrap=move_copy_range,--wrap=move_sendfile,--wrap=file_pread,
 * --wrap=file_fs_type,--wrap=file_allocate and base/err.c, base/moved.c, sys/{file,move,proc}.c,
 * thread/cancel.c, engine/{engine,rung,extent,buffered,refusals,fstraits}.c.
 * DECANT_CLONING_DIRS: directories, separated by colons, on file systems that clone, if any.
 */
#include "engine/engine.h"
#include "files.h"
#include "sys/file.h"
#include "sys/move.h"

#include <errno.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum {
	BUF_SIZE = 256 << 10,
	BIG = 1000001,   /* a file that goes down the whole ladder; below the size of reservation */
	TRUE_TYPE = -1,  /* file_fs_type() answers what the kernel says */
	ASK_KERNEL = -1, /* a means is the kernel's own */
};

/* How one means behaves. */
struct means {
	int code; /* errno it fails with, 0 = it works, ASK_KERNEL = it is the real one */
	int64_t
	    from; /* it fails, or moves nothing, once this many bytes are done; before, it works */
	int64_t most; /* the most that one call moves, 0 = what it can */
	bool nothing; /* from FROM on it moves 0 bytes and says that all is well */
	int calls;    /* how often it was tried */
};

static struct means cloning, ranging, sending; /* the kernel's means */
static bool clone_litters; /* a clone leaves rubbish at the destination before it fails */
static int reads;          /* calls of file_pread() */
static bool source_broken; /* every read fails with EIO */
static int64_t fs_type;    /* what all files are on, or TRUE_TYPE */
static int allocate_calls; /* calls of file_allocate() */
static int allocate_code;  /* errno it answers, 0 = the kernel's answer */

static struct engine_opts opts;
static struct refusals refusals;
static struct cancel cancel;
static _Atomic int64_t live;
static char memory[BUF_SIZE];

struct err __real_move_clone(int dst, int src);
struct err __wrap_move_clone(int dst, int src);
move_range __wrap_move_copy_range, __real_move_copy_range;
move_range __wrap_move_sendfile, __real_move_sendfile;
struct err __real_file_pread(int fd, void *buf, size_t size, int64_t off, size_t *got);
struct err __wrap_file_pread(int fd, void *buf, size_t size, int64_t off, size_t *got);
struct err __real_file_fs_type(int fd, enum err_side side, int64_t *type);
struct err __wrap_file_fs_type(int fd, enum err_side side, int64_t *type);
struct err __real_file_allocate(int fd, int64_t size);
struct err __wrap_file_allocate(int fd, int64_t size);

struct err
__wrap_move_clone(int dst, int src)
{
	cloning.calls++;
	if (cloning.code == ASK_KERNEL)
		return __real_move_clone(dst, src);
	if (clone_litters)
		fill(dst, 3, 3 << 20);
	return cloning.code != 0 ? err_make(cloning.code, OP_CLONE, SIDE_SRC, -1) : ERR_OK;
}

/* Move as M says: REAL is asked to do the work, or to fail. */
static struct err
move_as(struct means *m, move_range *real, const struct engine_file *f, int64_t off, int64_t len,
    int64_t *moved)
{
	m->calls++;
	if (off >= m->from && m->nothing) {
		*moved = 0;
		return ERR_OK;
	}
	if (off >= m->from && m->code > 0)
		return err_make(m->code, OP_COPY_RANGE, SIDE_SRC, off);
	if (m->code != ASK_KERNEL && off < m->from && off + len > m->from)
		len = m->from - off;
	if (m->most > 0 && len > m->most)
		len = m->most;
	return real(f->src, off, f->dst, off, len, moved);
}

struct err
__wrap_move_copy_range(
    int src, int64_t src_off, int dst, int64_t dst_off, int64_t len, int64_t *moved)
{
	struct engine_file f = { .src = src, .dst = dst };
	assert_int_equal(src_off, dst_off);
	return move_as(&ranging, __real_move_copy_range, &f, src_off, len, moved);
}

struct err
__wrap_move_sendfile(
    int src, int64_t src_off, int dst, int64_t dst_off, int64_t len, int64_t *moved)
{
	struct engine_file f = { .src = src, .dst = dst };
	assert_int_equal(src_off, dst_off);
	return move_as(&sending, __real_move_sendfile, &f, src_off, len, moved);
}

struct err
__wrap_file_pread(int fd, void *buf, size_t size, int64_t off, size_t *got)
{
	reads++;
	if (source_broken)
		return err_make(EIO, OP_READ, SIDE_SRC, off);
	return __real_file_pread(fd, buf, size, off, got);
}

struct err
__wrap_file_fs_type(int fd, enum err_side side, int64_t *type)
{
	*type = fs_type;
	return fs_type == TRUE_TYPE ? __real_file_fs_type(fd, side, type) : ERR_OK;
}

struct err
__wrap_file_allocate(int fd, int64_t size)
{
	allocate_calls++;
	return allocate_code != 0 ? err_make(allocate_code, OP_ALLOCATE, SIDE_DST, -1)
				  : __real_file_allocate(fd, size);
}

/* The pair of files of a test, on one file system. */
static int src, dst;

static void
open_pair(const char *dir)
{
	src = make_file(dir);
	dst = make_file(dir);
}

static void
close_pair(void)
{
	close(src);
	close(dst);
}

/* Everything works, but for the clone, which the pair does not know. */
static void
calm(void)
{
	cloning = (struct means){ .code = EOPNOTSUPP };
	ranging = sending = (struct means){ .code = ASK_KERNEL };
	reads = 0;
	allocate_calls = 0;
	allocate_code = 0;
	source_broken = false;
	clone_litters = false;
	fs_type = TRUE_TYPE;
	opts = (struct engine_opts){ WHEN_AUTO, WHEN_AUTO };
	live = 0;
	refusals_init(&refusals);
}

static int
reset(void **state)
{
	(void)state;
	calm();
	return err_failed(cancel_init(&cancel));
}

static int
release(void **state)
{
	(void)state;
	refusals_release(&refusals);
	cancel_release(&cancel);
	return 0;
}

static struct err
copy_as(const struct stat *st, struct moved *out)
{
	struct engine e = { .opts = &opts, .refusals = &refusals, .cancel = &cancel };
	struct engine_file f = { .src = src,
		.st = st,
		.dst = dst,
		.dst_dev = stat_of(dst).st_dev,
		.live_bytes = &live };
	return engine_copy(&e, &f, (struct block){ memory, BUF_SIZE }, out);
}

static struct err
copy(struct moved *out)
{
	struct stat st = stat_of(src);
	return copy_as(&st, out);
}

/* Copy a whole file of SIZE and expect it to have gone by WANT. */
static void
expect_copy(int64_t size, enum method want)
{
	struct moved out;
	fill(src, 0, size);
	assert_int_equal(copy(&out).code, 0);
	assert_int_equal(out.method, want);
	assert_int_equal(out.bytes, size);
	assert_int_equal(out.holes, 0);
	assert_int_equal(live, size);
	assert_same_content(src, dst);
}

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
		assert_int_equal(cloning.calls + ranging.calls + sending.calls, 0);
		close_pair();
	}
}

static void
a_tree_asks_once(void **state)
{
	struct moved out;
	(void)state;
	cloning.code = EOPNOTSUPP;
	ranging.code = EOPNOTSUPP;
	for (int i = 0; i < 3; i++) {
		open_pair("/dev/shm");
		fill(src, 0, 100000);
		assert_int_equal(copy(&out).code, 0);
		assert_int_equal(out.method, METHOD_SENDFILE);
		assert_int_equal(out.refused, METHOD_COPY_RANGE);
		assert_int_equal(out.refusal, EOPNOTSUPP);
		close_pair();
	}
	assert_int_equal(cloning.calls, 1);
	assert_int_equal(ranging.calls, 1);
	assert_int_equal(sending.calls, 3);
}

/* What a rung must answer to an error before it has moved anything. */
struct verdict {
	int code;
	bool goes_on; /* on a local file system */
};

static const struct verdict verdicts[] = {
	{ ENOSYS, true },
	{ EXDEV, true },
	{ EOPNOTSUPP, true },
	{ ENOTTY, true },
	{ EINVAL, true },
	{ EBADF, true },
	{ ETXTBSY, true },
	{ EISDIR, true },
	{ EPERM, true },
	{ EACCES, true },
	{ EIO, false },
	{ ENOENT, false },
	{ EUCLEAN, false },
	{ ENOSPC, false },
	{ EDQUOT, false },
	{ ENOMEM, false },
	{ EFBIG, false },
};

enum { VERDICTS = sizeof(verdicts) / sizeof(verdicts[0]) };

static void
errors_before_any_data_go_on_or_stop(void **state)
{
	struct means *const rungs[] = { &cloning, &ranging, &sending };

	static const enum method next[] = { METHOD_COPY_RANGE, METHOD_SENDFILE, METHOD_BUFFER };

	(void)state;
	for (size_t i = 0; i < 3 * VERDICTS; i++) {
		struct verdict v = verdicts[i / 3];
		struct moved out;
		open_pair(i % 2 == 0 ? "/tmp" : "/dev/shm");
		calm();
		for (size_t r = 0; r < i % 3; r++)
			rungs[r]->code = EOPNOTSUPP;
		rungs[i % 3]->code = v.code;
		if (v.goes_on) {
			expect_copy(BIG, next[i % 3]);
		} else {
			fill(src, 0, BIG);
			struct err e = copy(&out);
			assert_int_equal(e.code, v.code);
			assert_int_equal(out.bytes, 0);
			if (i % 3 < 2)
				assert_int_equal(sending.calls, 0);
		}
		close_pair();
	}
}

static void
errors_of_a_server_are_taken_for_refusals(void **state)
{
	(void)state;
	open_pair("/tmp");
	fs_type = NFS_SUPER_MAGIC;
	cloning.code = EIO;
	ranging.code = ENOENT;
	expect_copy(BIG, METHOD_SENDFILE);
	close_pair();

	struct moved out;
	open_pair("/tmp");
	calm();
	fs_type = NFS_SUPER_MAGIC;
	ranging.code = ENOSPC;
	fill(src, 0, BIG);
	assert_int_equal(copy(&out).code, ENOSPC);
	assert_int_equal(sending.calls, 0);
	close_pair();
}

static void
errors_after_data_start_again_or_stop(void **state)
{
	struct means *const rungs[] = { &ranging, &sending };

	static const enum method next[] = { METHOD_SENDFILE, METHOD_BUFFER };

	(void)state;
	for (size_t i = 0; i < 2 * VERDICTS; i++) {
		int code = verdicts[i / 2].code;
		struct moved out;
		open_pair("/tmp");
		calm();
		if (i % 2 == 1)
			ranging.code = EOPNOTSUPP;
		rungs[i % 2]->code = code;
		rungs[i % 2]->from = 500000;
		if (code == EXDEV || code == EOPNOTSUPP || code == EINVAL) {
			expect_copy(BIG, next[i % 2]);
			/* Not remembered: it was about this file. */
			struct dev_pair devs = { stat_of(src).st_dev, stat_of(dst).st_dev };
			enum method m = i % 2 == 0 ? METHOD_COPY_RANGE : METHOD_SENDFILE;
			assert_int_equal(refusals_get(&refusals, devs, m), 0);
		} else {
			fill(src, 0, BIG);
			struct err e = copy(&out);
			assert_int_equal(e.code, code);
			assert_int_equal(e.off, 500000);
			assert_int_equal(out.bytes, 500000);
			assert_int_equal(live, 500000);
			assert_int_equal(rungs[i % 2]->calls, 2);
		}
		close_pair();
	}
}

static void
an_unreadable_source_is_told_from_a_broken_destination(void **state)
{
	struct moved out;
	(void)state;
	for (int broken = 0; broken < 2; broken++) {
		open_pair("/tmp");
		calm();
		ranging.code = EIO;
		source_broken = broken;
		fill(src, 0, BIG);
		struct err e = copy(&out);
		assert_int_equal(e.code, EIO);
		assert_int_equal(e.side, broken ? SIDE_SRC : SIDE_DST);
		assert_int_equal(e.off, 0);
		close_pair();
	}
}

static void
short_counts_go_on(void **state)
{
	(void)state;
	open_pair("/tmp");
	ranging.most = 77777;
	expect_copy(BIG, METHOD_COPY_RANGE);
	assert_int_equal(ranging.calls, (BIG + 77776) / 77777);
	close_pair();
}

static void
moving_nothing_is_not_believed(void **state)
{
	static const int64_t from[] = { 0, 300000 };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_pair("/tmp");
		calm();
		ranging = (struct means){ .nothing = true, .from = from[i] };
		expect_copy(BIG, METHOD_SENDFILE);
		close_pair();
		open_pair("/tmp");
		calm();
		ranging = (struct means){ .nothing = true, .from = from[i] };
		sending = (struct means){ .nothing = true, .from = 600000 };
		expect_copy(BIG, METHOD_BUFFER);
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

/* A file of 1 MiB and a bit: data at 64 KiB and 512 KiB, holes before, between and behind. */
static void
fill_sparse(void)
{
	assert_int_equal(ftruncate(src, (1 << 20) + 77), 0);
	fill(src, 65536, 4096);
	fill(src, 524288, 8192);
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
holes_survive_starting_again(void **state)
{
	struct moved out;
	(void)state;
	open_pair("/tmp");
	ranging = (struct means){ .code = EINVAL, .from = 524288 };
	fill_sparse();
	assert_int_equal(copy(&out).code, 0);
	assert_int_equal(out.method, METHOD_SENDFILE);
	assert_int_equal(out.holes, (1 << 20) + 77 - 12288);
	assert_int_equal(live, out.bytes);
	assert_same_content(src, dst);
	assert_int_equal(stat_of(dst).st_blocks, stat_of(src).st_blocks);
	close_pair();
}

static void
what_a_failed_clone_left_is_removed(void **state)
{
	struct moved out;
	(void)state;
	for (int sparse = 0; sparse < 2; sparse++) {
		open_pair("/tmp");
		calm();
		clone_litters = true;
		cloning.code = EINVAL;
		if (sparse) {
			fill_sparse();
			assert_int_equal(copy(&out).code, 0);
			assert_same_content(src, dst);
			assert_int_equal(stat_of(dst).st_blocks, stat_of(src).st_blocks);
		} else {
			expect_copy(BIG, METHOD_COPY_RANGE);
		}
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
cancellation_comes_between_ranges(void **state)
{
	struct moved out;
	(void)state;
	open_pair("/tmp");
	fill(src, 0, BIG);
	cancel_request(&cancel, err_make(EINTR, OP_NONE, SIDE_NONE, -1));
	assert_int_equal(copy(&out).code, ECANCELED);
	assert_int_equal(cloning.calls + ranging.calls, 0);
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

static void
cloning_file_systems_clone(void **state)
{
	char *dirs = getenv("DECANT_CLONING_DIRS");
	char *list;
	(void)state;
	if (dirs == NULL)
		skip();
	list = strdup(dirs);
	for (char *rest = list, *dir; (dir = strsep(&rest, ":")) != NULL;) {
		static const int64_t sizes[] = { 4097, 65536, BIG };
		struct moved out;
		for (size_t i = 0; i < 3; i++) {
			calm();
			cloning.code = ASK_KERNEL;
			open_pair(dir);
			expect_copy(sizes[i], METHOD_CLONE);
			close_pair();
		}
		calm();
		cloning.code = ASK_KERNEL;
		opts.reflink = WHEN_ALWAYS;
		open_pair(dir);
		expect_copy(10, METHOD_CLONE);
		close_pair();
		/* A clone keeps holes, and so do the means below it. */
		for (int refused = 0; refused < 2; refused++) {
			calm();
			cloning.code = refused ? EINVAL : ASK_KERNEL;
			sending.code = ASK_KERNEL;
			ranging.code = refused ? EINVAL : ASK_KERNEL;
			open_pair(dir);
			fill_sparse();
			assert_int_equal(copy(&out).code, 0);
			assert_int_equal(out.method, refused ? METHOD_SENDFILE : METHOD_CLONE);
			assert_same_content(src, dst);
			assert_int_equal(stat_of(dst).st_blocks, stat_of(src).st_blocks);
			close_pair();
		}
	}
	free(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(first_working_means_is_taken, reset, release),
		cmocka_unit_test_setup_teardown(small_files_take_two_calls, reset, release),
		cmocka_unit_test_setup_teardown(a_tree_asks_once, reset, release),
		cmocka_unit_test_setup_teardown(
		    errors_before_any_data_go_on_or_stop, reset, release),
		cmocka_unit_test_setup_teardown(
		    errors_of_a_server_are_taken_for_refusals, reset, release),
		cmocka_unit_test_setup_teardown(
		    errors_after_data_start_again_or_stop, reset, release),
		cmocka_unit_test_setup_teardown(
		    an_unreadable_source_is_told_from_a_broken_destination, reset, release),
		cmocka_unit_test_setup_teardown(short_counts_go_on, reset, release),
		cmocka_unit_test_setup_teardown(moving_nothing_is_not_believed, reset, release),
		cmocka_unit_test_setup_teardown(a_source_that_shrank_is_no_failure, reset, release),
		cmocka_unit_test_setup_teardown(
		    a_source_that_grew_is_copied_to_its_size, reset, release),
		cmocka_unit_test_setup_teardown(holes_are_kept_at_every_rung, reset, release),
		cmocka_unit_test_setup_teardown(holes_survive_starting_again, reset, release),
		cmocka_unit_test_setup_teardown(
		    what_a_failed_clone_left_is_removed, reset, release),
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
		cmocka_unit_test_setup_teardown(cancellation_comes_between_ranges, reset, release),
		cmocka_unit_test_setup_teardown(
		    other_devices_are_reached_by_sendfile, reset, release),
		cmocka_unit_test_setup_teardown(cloning_file_systems_clone, reset, release),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
