/* SPDX-License-Identifier: BSD-2-Clause */
/* The process and its terminal: signals, clocks, limits, eventfds, thread names. */
#ifndef DECANT_PROC_H
#define DECANT_PROC_H

#include "base/err.h"

#include <sys/types.h>

/* Make an eventfd, non-blocking and close-on-exec.  Fails with THREAD. */
struct err proc_eventfd(int *fd);
/* Make FD readable, for ever: nobody reads it.  Any thread; cannot fail in a way that matters. */
void proc_eventfd_signal(int fd);
/* Close *FD if it is open and set it to -1; for descriptors without data of ours. */
void proc_close(int *fd);

/* Block the signals that the run handles (INT, TERM, HUP, USR1, PIPE) in this thread and all later
 * ones; but not those that are ignored, which stay so.  First thing in main: from then on no SIGUSR1 can kill us. */
void proc_block_signals(void);
/* A descriptor that delivers the blocked signals but PIPE.  Fails with THREAD. */
struct err proc_signalfd(int *fd);
/* The next pending signal of FD, 0 = none.  Never blocks. */
int proc_next_signal(int fd);
/* Restore the default action of SIG, unblock it and raise it: the caller's parent sees it. */
void proc_die_of(int sig);
/* End the process at once with STATUS, without any clean-up. */
_Noreturn void proc_exit_now(int status);

/* What proc_wait() woke up for. */
struct proc_wake {
	bool signal; /* the signalfd is readable */
	bool done;   /* the other descriptor is readable */
};

/* Sleep until SIGFD or DONEFD (-1 = none) is readable or TIMEOUT_MS has passed (-1 = for ever). */
struct proc_wake proc_wait(int sigfd, int donefd, int timeout_ms);

/* Monotonic clock in nanoseconds. */
int64_t proc_now_ns(void);
struct timespec;
/* Put the wall clock into *NOW. */
void proc_real_time(struct timespec *now);
/* The environment variable NAME; NULL when it is unset or empty. */
const char *proc_variable(const char *name);
/* True when TERM is unset, empty or "dumb": the terminal cannot erase a line. */
bool proc_is_dumb_terminal(void);
/* Name the calling thread, at most 15 bytes. */
void proc_name_thread(const char *name);
/* CPUs that this process may run on, at least 1. */
int proc_cpus(void);
/* Raise the soft limit of open files to the hard one; returns the limit in force. */
int64_t proc_raise_nofile(void);
/* The file mode creation mask.  Main thread, before any other thread runs. */
mode_t proc_umask(void);
/* The effective user of the process. */
uid_t proc_uid(void);
/* The effective group of the process. */
gid_t proc_gid(void);
/* True when FD is a terminal. */
bool proc_is_tty(int fd);
/* Columns of the terminal FD, 80 when unknown. */
int proc_columns(int fd);
/* Ignore SIGXFSZ, so that a file size limit is EFBIG and not the end of the run. */
void proc_ignore_xfsz(void);

#endif
