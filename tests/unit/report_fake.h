/* SPDX-License-Identifier: BSD-2-Clause */
/* A system of strings under the report, and the events that its tests send. */
#ifndef DECANT_TESTS_REPORT_FAKE_H
#define DECANT_TESTS_REPORT_FAKE_H

#include "base/str.h"
#include "report/report.h"

#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define ERR(code_, op_, side_) .err = { .code = (code_), .op = (op_), .side = (side_), .off = -1 }

/* How the report under test is set up; a small set of options that the rows combine. */
enum {
	V = 1 << 0,      /* verbose */
	I = 1 << 1,      /* itemize */
	VV = 1 << 2,     /* unchanged */
	X = 1 << 3,      /* explain */
	Q = 1 << 4,      /* quiet */
	J = 1 << 5,      /* json */
	STATS = 1 << 6,  /* stats */
	DRY = 1 << 7,    /* dry_run */
	STRICT = 1 << 8, /* strict */
	ZERO = 1 << 9,   /* end = NUL */
	DONE0 = 1 << 10, /* print0=done */
	SKIP0 = 1 << 11, /* print0=skipped */
	FAIL0 = 1 << 12, /* print0=failed */
};

/* One event of each sort; few lines each. */
/* clang-format off */
static const struct event item_new = { .kind = EVENT_ITEM, .action = ACTION_NEW, .src = "s/a",
	.dst = "d/a", .path = "a", .size = 4096, .seconds = 0.0001,
	.moved = { .bytes = 4096, .method = METHOD_CLONE } };
static const struct event item_changed = { .kind = EVENT_ITEM, .action = ACTION_CHANGED,
	.src = "s/img/logo.psd", .dst = "d/img/logo.psd", .path = "img/logo.psd",
	.size = 12897485, .note = "size, mtime", .backup = "d/img/logo.psd~",
	.moved = { .method = METHOD_COPY_RANGE, .refused = METHOD_CLONE, .refusal = EXDEV } };
static const struct event item_attributes = { .kind = EVENT_ITEM, .action = ACTION_ATTRIBUTES,
	.src = "s/bin/run.sh", .dst = "d/bin/run.sh", .path = "bin/run.sh",
	.note = "mode 0644 -> 0755" };
static const struct event item_linked = { .kind = EVENT_ITEM, .action = ACTION_LINKED,
	.src = "s/data/b.bin", .dst = "d/data/b.bin", .path = "data/b.bin", .note = "data/a.bin",
	.moved = { .method = METHOD_LINK } };
static const struct event item_unchanged = { .kind = EVENT_ITEM, .action = ACTION_UNCHANGED,
	.src = "s/u", .dst = "d/u", .path = "u", .size = 5 };
static const struct event item_deleted = { .kind = EVENT_ITEM, .action = ACTION_DELETED,
	.dst = "d/old", .path = "old", .size = 1126 };
static const struct event item_dir = { .kind = EVENT_ITEM, .what = KIND_DIR, .src = "s/d",
	.dst = "d/d", .path = "d" };
static const struct event item_hashed = { .kind = EVENT_ITEM, .src = "s/h", .dst = "d/h",
	.path = "h", .size = 5, .note = "overwritten", .hash = "xxh64:00ff,md5:abcd",
	.moved = { .method = METHOD_BUFFER, .refused = METHOD_CLONE, .refusal = EXDEV } };
static const struct event item_hashed_clone = { .kind = EVENT_ITEM, .src = "s/h", .dst = "d/h",
	.path = "h", .size = 5, .hash = "xxh64:00ff", .moved = { .method = METHOD_CLONE } };
static const struct event item_hashed_empty = { .kind = EVENT_ITEM, .src = "s/h", .dst = "d/h",
	.path = "h", .hash = "xxh64:00ff" };
static const struct event item_passed = { .kind = EVENT_ITEM, .src = "s/h", .dst = "d/h",
	.path = "h", .size = 5, .moved = { .bytes = 5, .method = METHOD_COMMAND } };
static const struct event stage_failed = { .kind = EVENT_ERROR, .src = "s/x", .dst = "d/x",
	.path = "x", ERR(ECHILD, OP_STAGE, SIDE_SRC), .result = "exit", .code = 3,
	.note = "stage 'a' exited with status 3" };
static const struct event item_evil = { .kind = EVENT_ITEM, .src = "s/\033\377",
	.dst = "d/\033\377", .path = "\033\377", .size = 1,
	.moved = { .method = METHOD_BUFFER } };
static const struct event denied = { .kind = EVENT_ERROR, .src = "s/k", .dst = "d/k", .path = "k",
	ERR(EACCES, OP_OPEN, SIDE_SRC) };
static const struct event denied_dst = { .kind = EVENT_ERROR, .src = "s/k", .dst = "d/k",
	.path = "k", ERR(EACCES, OP_CREATE, SIDE_DST), .note = "by\nrule" };
static const struct event unquiet = { .kind = EVENT_ERROR, .src = "s/log", .dst = "d/log",
	.path = "log", ERR(ESTALE, OP_CHANGED, SIDE_SRC), .note = "tried twice" };
static const struct event refused = { .kind = EVENT_ERROR, .src = "s/x", .dst = "d/x",
	.path = "x", ERR(EEXIST, OP_REFUSE, SIDE_SRC), .note = "it's a directory" };
static const struct event full = { .kind = EVENT_ERROR, .fatal = true, .src = "s/x", .dst = "d/x",
	.path = "x", ERR(ENOSPC, OP_WRITE, SIDE_DST) };
static const struct event full_said = { .kind = EVENT_ERROR, .fatal = true, .dst = "d/x",
	ERR(ENOSPC, OP_WRITE, SIDE_DST), .note = "needs 4.2 GiB more, 1.1 GiB free" };
static const struct event broken = { .kind = EVENT_ERROR, .fatal = true, .src = "s/x",
	.dst = "d/x", .path = "x", ERR(EIO, OP_WRITE, SIDE_DST) };
static const struct event no_memory = { .kind = EVENT_ERROR, .fatal = true,
	ERR(ENOMEM, OP_MEMORY, SIDE_NONE) };
static const struct event vanished = { .kind = EVENT_VANISHED, .src = "s/v", .path = "v",
	ERR(ENOENT, OP_OPEN, SIDE_SRC) };
static const struct event lost = { .kind = EVENT_LOST, .src = "s/o", .dst = "d/o", .path = "o",
	ERR(EPERM, OP_CHOWN, SIDE_DST) };
static const struct event note = { .kind = EVENT_NOTE, .note = "100% of \033 remarks" };
/* clang-format on */

static struct str out;       /* standard output */
static struct str err;       /* standard error */
static struct str published; /* what --report=FILE holds */
static bool answer;          /* to every question */
static int64_t clock_ns;     /* the time */
static int out_code;         /* errno with which standard output fails, 0 = it does not */

static inline struct err
fake_write(int fd, const void *bytes, size_t len)
{
	if (fd == 1 && out_code != 0)
		return err_make(out_code, OP_WRITE, SIDE_DST, -1);
	str_add(fd == 1 ? &out : &err, bytes, len);
	return ERR_OK;
}

static inline struct err
fake_publish(const char *path, const char *text, size_t len)
{
	if (strcmp(path, "full") == 0)
		return err_make(ENOSPC, OP_WRITE, SIDE_DST, -1);
	str_add(&published, text, len);
	return ERR_OK;
}

static inline bool
fake_agreed(void)
{
	return answer;
}

static inline int64_t
fake_now(void)
{
	return clock_ns;
}

static inline struct report_opts
options(int set)
{
	static const char *const srcs[] = { "/a", "b" };

	return (struct report_opts){
		.io = { .write = fake_write,
		    .publish = fake_publish,
		    .agreed = fake_agreed,
		    .now_ns = fake_now,
		    .started = { 1795262400, 1 } },
		.version = "1.0.0",
		.program = "decant",
		.verb = "copy",
		.verbose = set & V,
		.itemize = set & I,
		.unchanged = set & VV,
		.explain = set & X,
		.quiet = set & Q,
		.json = set & J,
		.stats = set & STATS,
		.dry_run = set & DRY,
		.strict = set & STRICT,
		.end = set & ZERO ? '\0' : '\n',
		.progress = PROGRESS_NEVER,
		.print0 = set & DONE0   ? PRINT0_DONE
			  : set & SKIP0 ? PRINT0_SKIPPED
			  : set & FAIL0 ? PRINT0_FAILED
					: PRINT0_NONE,
		.srcs = srcs,
		.n_srcs = COUNT(srcs),
		.dst = "dst",
		.jobs = 4,
	};
}

static inline int
clear(void **state)
{
	(void)state;
	str_release(&out);
	str_release(&err);
	str_release(&published);
	clock_ns = 0;
	out_code = 0;
	return 0;
}

#endif
