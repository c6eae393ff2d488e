/* SPDX-License-Identifier: BSD-2-Clause */
/* A command line to parse, with what is printed meanwhile. */
#ifndef DECANT_LINE_H
#define DECANT_LINE_H

#include "cli/verb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	ARGS_MAX = 16 /* words of one command line here */
};

/* A command line: WORDS, split at spaces, with the program's name. */
struct line {
	char text[256];
	char *argv[ARGS_MAX + 1];
	int argc;
	struct command cmd;
	enum cli_outcome outcome;
	char out[16384];     /* what was printed on stdout */
	char complaint[512]; /* the first line on stderr, without its newline */
};

static inline int
redirect(int fd, int *saved)
{
	int file = memfd_create("output", MFD_CLOEXEC);

	assert_true(file >= 0);
	*saved = dup(fd);
	assert_true(*saved >= 0 && dup2(file, fd) == fd);
	return file;
}

static inline void
take_back(int fd, int saved, int file, char *text, size_t size)
{
	assert_int_equal(dup2(saved, fd), fd);
	close(saved);
	ssize_t n = pread(file, text, size - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	close(file);
}

/* Parse WORDS; line_release() ends it. */
static inline void
line_parse(struct line *l, const char *words)
{
	int out, err;

	*l = (struct line){ 0 };
	(void)snprintf(l->text, sizeof(l->text), "%s", words);
	for (char *rest = l->text, *word; (word = strsep(&rest, " ")) != NULL;) {
		assert_true(l->argc < ARGS_MAX);
		l->argv[l->argc++] = word;
	}
	fflush(stdout);
	int out_file = redirect(1, &out);
	int err_file = redirect(2, &err);
	l->outcome = cli_parse(l->argc, l->argv, &l->cmd);
	fflush(stdout);
	take_back(1, out, out_file, l->out, sizeof(l->out));
	take_back(2, err, err_file, l->complaint, sizeof(l->complaint));
	l->complaint[strcspn(l->complaint, "\n")] = '\0';
}

static inline void
line_release(struct line *l)
{
	cli_release(&l->cmd);
}

/* Parse WORDS, which must be right. */
static inline void
line_accept(struct line *l, const char *words)
{
	line_parse(l, words);
	if (l->outcome != CLI_RUN)
		fail_msg("'%s' was refused: %s", words, l->complaint);
}

/* A setup: no variable of ours is set. */
static inline int
clear_environment(void **state)
{
	(void)state;
	unsetenv("DECANT_JOBS");
	unsetenv("DECANT_PROGRESS");
	unsetenv("POSIXLY_CORRECT");
	unsetenv("SIMPLE_BACKUP_SUFFIX");
	unsetenv("VERSION_CONTROL");
	return 0;
}

#endif
