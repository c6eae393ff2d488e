/* SPDX-License-Identifier: BSD-2-Clause */
/* Nameless files with known content, for the tests of the engine. */
#ifndef DECANT_TESTS_FILES_H
#define DECANT_TESTS_FILES_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A nameless file in DIR, open for reading and writing. */
static inline int
make_file(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	return fd;
}

/* The byte that belongs at OFF; never 0, and no period that a block could hide. */
static inline char
byte_at(int64_t off)
{
	return (char)(1 + off % 251);
}

/* Write the bytes that belong at [OFF, OFF + LEN) of FD. */
static inline void
fill(int fd, int64_t off, int64_t len)
{
	char *mem = malloc((size_t)len);
	assert_non_null(mem);
	for (int64_t i = 0; i < len; i++)
		mem[i] = byte_at(off + i);
	assert_int_equal(pwrite(fd, mem, (size_t)len, off), len);
	free(mem);
}

static inline struct stat
stat_of(int fd)
{
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	return st;
}

/* Fail unless A and B have the same size and bytes. */
static inline void
assert_same_content(int a, int b)
{
	static char ma[1 << 16], mb[1 << 16];
	struct stat st = stat_of(a);
	assert_int_equal(st.st_size, stat_of(b).st_size);
	for (int64_t off = 0; off < st.st_size;) {
		ssize_t n = pread(a, ma, sizeof(ma), off);
		assert_true(n > 0);
		assert_int_equal(pread(b, mb, (size_t)n, off), n);
		assert_memory_equal(ma, mb, (size_t)n);
		off += n;
	}
}

#endif
