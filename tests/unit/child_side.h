/* SPDX-License-Identifier: BSD-2-Clause */
/* What a test program does when it is run as a child of itself: "/proc/self/exe --stage MODE ARG". */
#ifndef DECANT_TESTS_CHILD_SIDE_H
#define DECANT_TESTS_CHILD_SIDE_H

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The open descriptors, e.g. "0 1 2". */
static inline int
child_lists_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	bool is_open[1024] = { false };

	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (e->d_name[0] != '.' && strtol(e->d_name, NULL, 10) != dirfd(d))
			is_open[strtol(e->d_name, NULL, 10) % 1024] = true;
	for (int i = 0; i < 1024; i++)
		if (is_open[i])
			printf("%d ", i);
	return closedir(d);
}

/* The signals that are ignored or blocked, e.g. "ignored 1 blocked ". */
static inline int
child_lists_signals(void)
{
	sigset_t mask;
	struct sigaction now;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	printf("ignored ");
	for (int i = 1; i < 32; i++)
		if (sigaction(i, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
			printf("%d ", i);
	printf("blocked ");
	for (int i = 1; i < 32; i++)
		if (sigismember(&mask, i) == 1)
			printf("%d ", i);
	return 0;
}

/* Take MIB of memory, say so on standard output, sleep. */
static inline int
child_takes_memory(const char *mib)
{
	size_t size = (size_t)strtoul(mib, NULL, 10) << 20;
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < size; i += 4096)
		mem[i] = 1;
	if (write(STDOUT_FILENO, "full\n", 5) != 5)
		return 1;
	sleep(30);
	return 0;
}

/* Ignore SIGTERM, say so, sleep. */
static inline int
child_is_deaf(void)
{
	struct sigaction ign = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &ign, NULL);
	if (write(STDOUT_FILENO, "deaf\n", 5) != 5)
		return 1;
	sleep(30);
	return 0;
}

/* Write the first byte of each standard descriptor to PATH. */
static inline int
child_copies_letters(const char *path)
{
	char letters[3];
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	for (int i = 0; i < 3; i++)
		if (pread(i, &letters[i], 1, 0) != 1)
			return 1;
	return fd >= 0 && write(fd, letters, 3) == 3 ? 0 : 1;
}

/* True when ARGV asks for the child's side; *STATUS is then what main() returns. */
static inline bool
child_side(int argc, char **argv, int *status)
{
	if (argc < 3 || strcmp(argv[1], "--stage") != 0)
		return false;
	if (strcmp(argv[2], "fds") == 0)
		*status = child_lists_fds();
	else if (strcmp(argv[2], "signals") == 0)
		*status = child_lists_signals();
	else if (strcmp(argv[2], "deaf") == 0)
		*status = child_is_deaf();
	else if (strcmp(argv[2], "seek") == 0)
		*status = lseek(STDIN_FILENO, 5, SEEK_SET) == 5 ? 0 : 1;
	else if (strcmp(argv[2], "letters") == 0 && argc > 3)
		*status = child_copies_letters(argv[3]);
	else if (strcmp(argv[2], "memory") == 0 && argc > 3)
		*status = child_takes_memory(argv[3]);
	else
		*status = 99;
	return true;
}

#endif
