/* SPDX-License-Identifier: BSD-2-Clause */
/* A temporary directory of a test, and what stands in it. */
#ifndef DECANT_TESTS_TEMP_H
#define DECANT_TESTS_TEMP_H

#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>

#include <cmocka.h>

/* The path and a descriptor of the temporary directory. */
struct temp {
	char path[256];
	int fd;
};

/* Make T below $TMPDIR or /tmp. */
static inline void
temp_make(struct temp *t)
{
	const char *top = getenv("TMPDIR");
	int len = snprintf(t->path, sizeof t->path, "%s/decant-unit-XXXXXX",
	    top != NULL && top[0] != '\0' ? top : "/tmp");

	assert_true(len > 0 && (size_t)len < sizeof t->path);
	assert_non_null(mkdtemp(t->path));
	t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(t->fd >= 0);
}

static inline int
temp_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Remove T and all below it. */
static inline void
temp_remove(struct temp *t)
{
	assert_int_equal(close(t->fd), 0);
	assert_int_equal(nftw(t->path, temp_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* The number of names below directory DIR. */
static inline size_t
count_names(int dir)
{
	size_t n = 0;
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fdopendir(fd);

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL; n++)
		;
	assert_int_equal(closedir(d), 0);
	return n - 2;
}

#endif
