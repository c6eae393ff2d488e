/* SPDX-License-Identifier: BSD-2-Clause */
/* Child processes: starting, waiting, ending, and what memory they have. */
#ifndef DECANT_SPAWN_H
#define DECANT_SPAWN_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* What is to be started.  Everything is borrowed. */
struct spawn {
	const char *path;  /* program: looked up in PATH unless it has a slash */
	char *const *argv; /* arguments, NULL-terminated */
	char *const *envp; /* environment, NULL-terminated; NULL = ours */
	int fds[3];        /* what becomes 0, 1 and 2; any number, 0 to 2 too; -1 = /dev/null */
	int dir;           /* directory to start in, or AT_FDCWD; PATH is looked up from there */
	bool keeps_group;  /* stays in our process group */
};

/* A child. */
struct child {
	pid_t pid;  /* 0 = none */
	int pidfd;  /* readable when it has ended; owned */
	bool group; /* leads a process group */
};

/* How a child ended. */
struct child_end {
	bool signaled; /* by a signal */
	int code;      /* exit status, or signal */
	int64_t
	    max_rss; /* the most memory that it, or one of its children it waited for, had; bytes */
};

/*
 * Start S: the signal mask is empty, no descriptor but 0, 1 and 2 is open, and PIPE, TERM, CHLD,
 * USR1 and XFSZ have their default actions.  What else we were started to ignore stays ignored, as
 * nohup and jobs in the background want it.  Any thread.  Blocks until the program runs.
 * Fails with OPEN, and there is no child then: ENOENT = not found, EACCES, ENOEXEC, ...
 */
struct err spawn_child(const struct spawn *s, struct child *c);
/* Send SIG to C, and to its group if it leads one.  Harmless once it was reaped or never started. */
void child_signal(const struct child *c, int sig);
/* Reap C, whose pidfd is readable (else this blocks): kill what is left of its group first, then
 * wait.  C is none then; of none, END is all zero. */
void child_reap(struct child *c, struct child_end *end);

/*
 * Anonymous memory (RssAnon) of PID and all its descendants, in bytes; those that end meanwhile, or
 * that we may not look at, count for nothing.
 * Fails with READ when PID itself cannot be read, ESRCH when it is gone, ENOSYS when the kernel does
 * not list children; or with MEMORY.
 */
struct err child_memory(pid_t pid, int64_t *bytes);

#endif
