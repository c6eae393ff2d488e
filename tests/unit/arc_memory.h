/* SPDX-License-Identifier: BSD-2-Clause */
/* Archives in memory, and the module that the build has made. */
#ifndef DECANT_TESTS_ARC_MEMORY_H
#define DECANT_TESTS_ARC_MEMORY_H

#include "pipe/archive.h"
#include "sys/module.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* True, having said so, when there is no module to test. */
static inline bool
skips_all(void)
{
	if (!HAVE_ARCHIVE_MODULE)
		puts("1..0 # SKIP built without libarchive");
	return !HAVE_ARCHIVE_MODULE;
}

/* The module of this build, two directories above the program; NULL after a word on what is wrong. */
static inline const struct arc_module *
built_module(void)
{
	char path[PATH_MAX + 16];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
	const char *why = "no room";
	const void *found = NULL;

	for (int up = 0; up < 3 && n > 0; up++) {
		while (n > 0 && path[n - 1] != '/')
			n--;
		n--;
	}
	if (n > 0) {
		memcpy(path + n, "/" ARC_MODULE_FILE, sizeof("/" ARC_MODULE_FILE));
		if (!err_failed(module_open(path, ARC_MODULE_SYMBOL, &found, &why)))
			return found;
	}
	fprintf(stderr, "# %s\n", why);
	return NULL;
}

/* A growing piece of memory as a drain. */
struct mem_drain {
	struct arc_drain drain; /* first */
	char *bytes;
	size_t len;
	size_t cap;
	int64_t fail_at; /* -1, or it is full there */
};

static inline struct err
mem_put(struct arc_drain *drain, const void *bytes, size_t n)
{
	struct mem_drain *d = (struct mem_drain *)drain;

	if (d->fail_at >= 0 && (int64_t)(d->len + n) > d->fail_at)
		return err_make(28, OP_WRITE, SIDE_DST, (int64_t)d->len); /* ENOSPC */
	if (d->len + n > d->cap) {
		d->cap = (d->len + n) * 2;
		d->bytes = realloc(d->bytes, d->cap);
		if (d->bytes == NULL)
			abort();
	}
	memcpy(d->bytes + d->len, bytes, n);
	d->len += n;
	return ERR_OK;
}

static inline struct mem_drain
mem_drain(void)
{
	return (struct mem_drain){ .drain = { .put = mem_put }, .fail_at = -1 };
}

/* A piece of memory as a feed. */
struct mem_feed {
	struct arc_feed feed; /* first */
	const char *bytes;
	size_t len;
	size_t at;
	size_t block; /* shown at once */
	char *
	    shown; /* a copy of what was shown, so that a sanitizer sees who looks at it too late */
	int failing; /* errno instead of the end, or 0 */
};

static inline struct err
mem_more(struct arc_feed *feed, const void **bytes, size_t *n)
{
	struct mem_feed *f = (struct mem_feed *)feed;
	size_t part = f->len - f->at < f->block ? f->len - f->at : f->block;

	free(f->shown);
	f->shown = malloc(part + 1);
	if (f->shown == NULL)
		abort();
	memcpy(f->shown, f->bytes + f->at, part);
	if (part == 0 && f->failing != 0)
		return err_make(f->failing, OP_READ, SIDE_SRC, (int64_t)f->at);
	*bytes = f->shown;
	*n = part;
	f->at += part;
	return ERR_OK;
}

static inline struct err
mem_seek(struct arc_feed *feed, int64_t off)
{
	struct mem_feed *f = (struct mem_feed *)feed;

	if (off < 0 || (size_t)off > f->len)
		abort();
	f->at = (size_t)off;
	return ERR_OK;
}

static inline struct mem_feed
mem_feed(const void *bytes, size_t len, size_t block, bool seeks)
{
	return (struct mem_feed){
		.feed = { .more = mem_more, .seek = seeks ? mem_seek : NULL, .size = (int64_t)len },
		.bytes = bytes,
		.len = len,
		.block = block,
	};
}

static inline void
mem_feed_release(struct mem_feed *f)
{
	free(f->shown);
	f->shown = NULL;
}

#endif
