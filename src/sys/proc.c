/* SPDX-License-Identifier: BSD-2-Clause */
/* The process and its terminal. */
#include "sys/proc.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct err
proc_eventfd(int *fd)
{
	*fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return *fd < 0 ? err_sys(OP_THREAD, SIDE_NONE, -1) : ERR_OK;
}

void
proc_eventfd_signal(int fd)
{
	/* Fails only when the counter is full, and then the descriptor is readable already. */
	(void)eventfd_write(fd, 1);
}

void
proc_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* The signals that the run handles.  Those that we were started to ignore, by nohup(1) or as a job in
 * the background, are not among them: blocked they would be delivered after all. */
static void
handled_signals(sigset_t *set)
{
	static const int handled[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
	struct sigaction now;

	sigemptyset(set);
	for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++) {
		if (sigaction(handled[i], NULL, &now) != 0 || now.sa_handler != SIG_IGN)
			sigaddset(set, handled[i]);
	}
}

void
proc_block_signals(void)
{
	sigset_t set;

	handled_signals(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

struct err
proc_signalfd(int *fd)
{
	sigset_t set;

	handled_signals(&set);
	*fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *fd < 0 ? err_sys(OP_THREAD, SIDE_NONE, -1) : ERR_OK;
}

int
proc_next_signal(int fd)
{
	struct signalfd_siginfo info;

	ssize_t n = read(fd, &info, sizeof info);
	return n == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

void
proc_die_of(int sig)
{
	sigset_t set;
	struct sigaction dfl = { .sa_handler = SIG_DFL };

	sigaction(sig, &dfl, NULL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void
proc_exit_now(int status)
{
	_exit(status);
}

struct proc_wake
proc_wait(int sigfd, int donefd, int timeout_ms)
{
	struct pollfd fds[2] = {
		{ .fd = sigfd, .events = POLLIN },
		{ .fd = donefd, .events = POLLIN },
	};

	if (poll(fds, 2, timeout_ms) <= 0)
		return (struct proc_wake){ 0 };
	return (struct proc_wake){ .signal = fds[0].revents != 0, .done = fds[1].revents != 0 };
}

int64_t
proc_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void
proc_real_time(struct timespec *now)
{
	clock_gettime(CLOCK_REALTIME, now);
}

const char *
proc_variable(const char *name)
{
	/* no thread of ours changes the environment */
	const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe) */

	return value != NULL && value[0] != '\0' ? value : NULL;
}

bool
proc_is_dumb_terminal(void)
{
	const char *term = proc_variable("TERM");

	return term == NULL || strcmp(term, "dumb") == 0;
}

void
proc_name_thread(const char *name)
{
	/* A nameless thread is only harder to debug. */
	(void)pthread_setname_np(pthread_self(), name);
}

int
proc_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	int n = CPU_COUNT(&set);
	return n > 0 ? n : 1;
}

int64_t
proc_raise_nofile(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) != 0)
		return 256;
	if (lim.rlim_cur < lim.rlim_max) {
		struct rlimit want = { .rlim_cur = lim.rlim_max, .rlim_max = lim.rlim_max };
		if (setrlimit(RLIMIT_NOFILE, &want) == 0)
			lim = want;
	}
	return lim.rlim_cur > 1 << 20 ? 1 << 20 : (int64_t)lim.rlim_cur;
}

mode_t
proc_umask(void)
{
	mode_t mask = umask(077);

	umask(mask);
	return mask;
}

uid_t
proc_uid(void)
{
	return geteuid();
}

gid_t
proc_gid(void)
{
	return getegid();
}

bool
proc_is_tty(int fd)
{
	return isatty(fd) == 1;
}

int
proc_columns(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

void
proc_ignore_xfsz(void)
{
	struct sigaction ign = { .sa_handler = SIG_IGN };

	sigaction(SIGXFSZ, &ign, NULL);
}
