/* SPDX-License-Identifier: BSD-2-Clause */
/* posix_spawn(3) with everything said, pidfds, and what /proc knows of a process tree. */
#include "sys/spawn.h"

#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	STDIO = 3 /* descriptors that a child gets: 0, 1 and 2 */
};

/* Copies of descriptors that stand where others are to go; -1 = none. */
struct lifted {
	int fds[STDIO];
};

static void
lifted_drop(struct lifted *l)
{
	for (int i = 0; i < STDIO; i++)
		file_drop(&l->fds[i]);
}

/*
 * Where S's descriptors are to be taken from.  One of 0 to 2 that is to become another of these
 * would be overwritten before its turn: it is copied out of the way.
 */
static struct err
lift(const struct spawn *s, struct lifted *l, int from[STDIO])
{
	for (int i = 0; i < STDIO; i++) {
		from[i] = s->fds[i];
		if (from[i] < 0 || from[i] >= STDIO || from[i] == i)
			continue;
		from[i] = l->fds[i] = fcntl(s->fds[i], F_DUPFD_CLOEXEC, STDIO);
		if (from[i] < 0)
			return err_sys(OP_OPEN, SIDE_NONE, -1);
	}
	return ERR_OK;
}

/* What the child does before it becomes the program; an errno value. */
static int
say_actions(posix_spawn_file_actions_t *actions, const struct spawn *s, const int from[STDIO])
{
	int code = 0;

	/* first: the directory may be one of the descriptors that are overwritten */
	if (s->dir != AT_FDCWD)
		code = posix_spawn_file_actions_addfchdir_np(actions, s->dir);
	for (int i = 0; i < STDIO && code == 0; i++)
		code = from[i] < 0 ? posix_spawn_file_actions_addopen(actions, i, "/dev/null",
					 i == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0)
				   : posix_spawn_file_actions_adddup2(actions, from[i], i);
	return code != 0 ? code : posix_spawn_file_actions_addclosefrom_np(actions, STDIO);
}

/* Signals and group of the child; an errno value. */
static int
say_attributes(posix_spawnattr_t *attr, const struct spawn *s)
{
	/* What we ignore or count on ourselves; the others are as whoever started us wants them. */
	static const int defaults[] = { SIGPIPE, SIGTERM, SIGCHLD, SIGUSR1, SIGXFSZ };
	short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
	sigset_t set;

	if (!s->keeps_group)
		flags |= POSIX_SPAWN_SETPGROUP; /* 0, the initial value: a group of its own */
	int code = posix_spawnattr_setflags(attr, flags);
	sigemptyset(&set);
	if (code == 0)
		code = posix_spawnattr_setsigmask(attr, &set);
	for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
		sigaddset(&set, defaults[i]);
	return code != 0 ? code : posix_spawnattr_setsigdefault(attr, &set);
}

static int
spawn_with(const struct spawn *s, const int from[STDIO], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;

	int code = posix_spawn_file_actions_init(&actions);
	if (code != 0)
		return code;
	code = posix_spawnattr_init(&attr);
	if (code == 0) {
		code = say_actions(&actions, s, from);
		if (code == 0)
			code = say_attributes(&attr, s);
		if (code == 0)
			code = posix_spawnp(pid, s->path, &actions, &attr, s->argv,
			    s->envp != NULL ? s->envp : environ);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&actions);
	return code;
}

/* Whoever started us may have ignored SIGCHLD: children would then leave no status behind. */
static void
want_statuses(void)
{
	struct sigaction now;
	const struct sigaction dfl = { .sa_handler = SIG_DFL };

	if (sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
		sigaction(SIGCHLD, &dfl, NULL);
}

struct err
spawn_child(const struct spawn *s, struct child *c)
{
	struct lifted lifted = { { -1, -1, -1 } };
	int from[STDIO] = { -1, -1, -1 };
	pid_t pid = 0;

	*c = (struct child){ .pidfd = -1 };
	want_statuses();
	struct err err = lift(s, &lifted, from);
	if (!err_failed(err)) {
		int code = spawn_with(s, from, &pid);
		if (code != 0)
			err = err_make(code, OP_OPEN, SIDE_NONE, -1);
	}
	lifted_drop(&lifted);
	TRY(err);
	*c = (struct child){ .pid = pid, .pidfd = pidfd_open(pid, 0), .group = !s->keeps_group };
	if (c->pidfd < 0) { /* no descriptor is left: nobody could wait for it */
		struct child_end end;
		err = err_sys(OP_OPEN, SIDE_NONE, -1);
		child_signal(c, SIGKILL);
		child_reap(c, &end);
	}
	return err;
}

void
child_signal(const struct child *c, int sig)
{
	if (c->pid <= 0)
		return;
	/* It was not reaped, so both numbers are still its own.  Failure means that it has ended. */
	bool told = c->group && kill(-c->pid, sig) == 0 && getpgid(c->pid) == c->pid;
	if (!told) /* it has moved to another group, or has none */
		(void)kill(c->pid, sig);
}

void
child_reap(struct child *c, struct child_end *end)
{
	siginfo_t info;
	struct rusage used = { 0 };
	int status = 0, got;

	*end = (struct child_end){ 0 };
	if (c->pid <= 0)
		return;
	do
		got = waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOWAIT);
	while (got != 0 && errno == EINTR);
	/* While it is a zombie nobody else can get its number: this hits its own group or nothing. */
	if (got == 0 && c->group)
		(void)kill(-c->pid, SIGKILL);
	do
		got = wait4(c->pid, &status, 0, &used);
	while (got < 0 && errno == EINTR);
	end->signaled = WIFSIGNALED(status);
	end->code = end->signaled ? WTERMSIG(status) : WEXITSTATUS(status);
	end->max_rss = (int64_t)used.ru_maxrss << 10; /* KiB: getrusage(2) */
	file_drop(&c->pidfd);
	*c = (struct child){ .pidfd = -1 };
}
