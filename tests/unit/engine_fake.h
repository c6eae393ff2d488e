/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Means that work or fail as a test says, and the pair of files that the engine copies.
 * It defines the __wrap_ functions: a test program includes it once, and links
 * with -Wl,--wrap=move_clone,--wrap=move_copy_range,--wrap=move_sendfile,--wrap=file_pread,
 * --wrap=file_fs_type,--wrap=file_allocate and base/err.c, base/moved.c, sys/{file,move,proc}.c,
 * thread/cancel.c, engine/{engine,rung,extent,buffered,refusals,fstraits}.c.
 */
#ifndef DECANT_TESTS_ENGINE_FAKE_H
#define DECANT_TESTS_ENGINE_FAKE_H

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
static inline struct err
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

static inline void
open_pair(const char *dir)
{
	src = make_file(dir);
	dst = make_file(dir);
}

static inline void
close_pair(void)
{
	close(src);
	close(dst);
}

/* Everything works, but for the clone, which the pair does not know. */
static inline void
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

static inline int
reset(void **state)
{
	(void)state;
	calm();
	return err_failed(cancel_init(&cancel));
}

static inline int
release(void **state)
{
	(void)state;
	refusals_release(&refusals);
	cancel_release(&cancel);
	return 0;
}

static inline struct err
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

static inline struct err
copy(struct moved *out)
{
	struct stat st = stat_of(src);
	return copy_as(&st, out);
}

/* Copy a whole file of SIZE and expect it to have gone by WANT. */
static inline void
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

/* A file of 1 MiB and a bit: data at 64 KiB and 512 KiB, holes before, between and behind. */
static inline void
fill_sparse(void)
{
	assert_int_equal(ftruncate(src, (1 << 20) + 77), 0);
	fill(src, 65536, 4096);
	fill(src, 524288, 8192);
}

#endif
