/* SPDX-License-Identifier: BSD-2-Clause */
/* What a test counts and reads to see that nothing is left behind. */
#ifndef DECANT_TESTS_FDS_H
#define DECANT_TESTS_FDS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* The number of descriptors that are open. */
static inline size_t
count_fds(void)
{
	size_t n = 0;
	DIR *d = opendir("/proc/self/fd");

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	assert_int_equal(closedir(d), 0);
	return n;
}

/* Fail unless this process has no child, not even a zombie. */
static inline void
assert_no_children(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* All that can be read from FD until its end, as a string in static storage. */
static inline const char *
read_all(int fd)
{
	static char text[1 << 17];
	size_t len = 0;

	for (ssize_t n; len < sizeof text - 1; len += (size_t)n) {
		n = read(fd, text + len, sizeof text - 1 - len);
		assert_true(n >= 0);
		if (n == 0)
			break;
	}
	text[len] = '\0';
	return text;
}

/* Read one line of FD, byte by byte; static storage. */
static inline const char *
read_line(int fd)
{
	static char line[256];
	size_t len = 0;

	while (len < sizeof line - 1 && read(fd, &line[len], 1) == 1 && line[len] != '\n')
		len++;
	line[len] = '\0';
	return line;
}

static inline bool
is_readable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return poll(&p, 1, timeout_ms) == 1;
}

static inline int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
