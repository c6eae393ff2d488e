/* SPDX-License-Identifier: BSD-2-Clause */
/* sys/spawn: what a child gets, what it does not get, and that nothing is left of it. */
#include "child_side.h"
#include "fds.h"
#include "sys/spawn.h"
#include "temp.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <sys/resource.h>
#include <cmocka.h>

/* clang-format on */

enum {
	RUNS = 50,       /* of a program that is missing */
	MEMORY_MIB = 64, /* what a child takes; well above what a program has by itself */
};

/* A spawn of ARGV with its output in *FD, a pipe; *FD is the reading end afterwards. */
static struct child
start(struct spawn s, const char *const *argv, int *fd)
{
	struct child c;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	s.path = argv[0];
	s.argv = (char *const *)argv;
	s.fds[1] = ends[1];
	assert_int_equal(spawn_child(&s, &c).code, 0);
	assert_true(c.pid > 0);
	assert_true(c.pidfd >= 0);
	close(ends[1]);
	*fd = ends[0];
	return c;
}

static const struct spawn plain = { .fds = { -1, -1, 2 }, .dir = AT_FDCWD };

/* Wait for C's end and reap it. */
static struct child_end
reap(struct child *c)
{
	struct child_end end;

	assert_true(is_readable(c->pidfd, 30000));
	child_reap(c, &end);
	assert_int_equal(c->pid, 0);
	assert_int_equal(c->pidfd, -1);
	return end;
}

/* What ARGV prints when it is started as S says. */
static const char *
output_of(struct spawn s, const char *const *argv)
{
	int fd;
	struct child c = start(s, argv, &fd);
	const char *text = read_all(fd);

	close(fd);
	struct child_end end = reap(&c);
	assert_false(end.signaled);
	assert_int_equal(end.code, 0);
	return text;
}

static const char *const list_fds[] = { "/proc/self/exe", "--stage", "fds", NULL };
static const char *const list_signals[] = { "/proc/self/exe", "--stage", "signals", NULL };

static void
only_three_descriptors_are_open(void **state)
{
	(void)state;
	/* two that are not close-on-exec, one of them far away */
	int near = open("/dev/null", O_RDONLY), far = fcntl(near, F_DUPFD, 251);

	assert_true(near > 2 && far >= 251);
	assert_string_equal(output_of(plain, list_fds), "0 1 2 ");
	close(near);
	close(far);
}

static void
what_we_do_to_signals_is_undone(void **state)
{
	sigset_t set, old;
	struct sigaction ign = { .sa_handler = SIG_IGN }, was[4];
	const int ours[4] = { SIGPIPE, SIGXFSZ, SIGCHLD, SIGHUP };
	char expected[64];

	(void)state;
	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	for (int i = 0; i < 4; i++)
		sigaction(ours[i], &ign, &was[i]);
	/* nohup holds for commands too; and SIGCHLD, ignored, would leave no status to reap */
	snprintf(expected, sizeof expected, "ignored %d blocked ", SIGHUP);
	assert_string_equal(output_of(plain, list_signals), expected);
	for (int i = 0; i < 4; i++)
		sigaction(ours[i], &was[i], NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* Descriptors 0 to 2 of ours, files of one letter each, become others of the child. */
static void
the_standard_descriptors_may_change_places(void **state)
{
	static const int orders[][3] = {
		{ 0, 1, 2 },
		{ 1, 2, 0 },
		{ 2, 0, 1 },
		{ 1, 0, 2 },
		{ 2, 2, 2 },
	};
	char path[] = "/tmp/decant-unit-spawn-XXXXXX";
	const char *argv[] = { "/proc/self/exe", "--stage", "letters", path, NULL };
	int saved[3], files[3];
	char got[4];

	(void)state;
	int fd = mkstemp(path);
	for (int i = 0; i < 3; i++) {
		files[i] = make_file("/tmp");
		assert_int_equal(pwrite(files[i], &"abc"[i], 1, 0), 1);
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
	}
	for (size_t k = 0; k < sizeof orders / sizeof orders[0]; k++) {
		struct spawn s = { .path = argv[0], .argv = (char *const *)argv, .dir = AT_FDCWD };
		struct child c;

		memcpy(s.fds, orders[k], sizeof s.fds);
		for (int i = 0; i < 3; i++)
			dup2(files[i], i);
		struct err err = spawn_child(&s, &c);
		for (int i = 0; i < 3; i++)
			dup2(saved[i], i);
		assert_int_equal(err.code, 0);
		assert_int_equal(reap(&c).code, 0);
		assert_int_equal(pread(fd, got, 4, 0), 3);
		for (int i = 0; i < 3; i++)
			assert_int_equal(got[i], "abc"[orders[k][i]]);
	}
	for (int i = 0; i < 3; i++) {
		close(saved[i]);
		close(files[i]);
	}
	close(fd);
	unlink(path);
}

static void
a_child_works_on_the_very_file(void **state)
{
	static const char *const seek[] = { "/proc/self/exe", "--stage", "seek", NULL };
	struct spawn s = plain;

	(void)state;
	s.fds[0] = make_file("/tmp");
	(void)output_of(s, seek);
	/* an open file has one position: who moves it has the same one */
	assert_int_equal(lseek(s.fds[0], 0, SEEK_CUR), 5);
	close(s.fds[0]);
}

static void
it_has_its_group_and_directory(void **state)
{
	static const char *const where[] = { "pwd", "-P", NULL };
	static const char *const sleeps[] = { "sleep", "30", NULL };
	struct temp t;
	struct spawn s = plain;
	int fd;
	char expected[300];

	(void)state;
	temp_make(&t);
	s.dir = t.fd;
	snprintf(expected, sizeof expected, "%s\n", t.path);
	assert_string_equal(output_of(s, where), expected);
	temp_remove(&t);
	for (int keeps = 0; keeps < 2; keeps++) {
		s = plain;
		s.keeps_group = keeps;
		struct child c = start(s, sleeps, &fd);
		assert_int_equal(getpgid(c.pid), keeps ? getpgrp() : c.pid);
		child_signal(&c, SIGTERM);
		struct child_end end = reap(&c);
		assert_true(end.signaled);
		assert_int_equal(end.code, SIGTERM);
		assert_true(end.max_rss > 0);
		close(fd);
	}
}

static void
failures_say_why_and_leave_nothing(void **state)
{
	static const struct {
		const char *path;
		int code;
	} cases[] = {
		{ "decant-no-such-program", ENOENT },
		{ "/nowhere/at/all", ENOENT },
		{ "/", EACCES },
		{ "/etc/passwd", EACCES },
	};

	char *argv[] = { NULL, NULL };
	struct child_end end;

	(void)state;
	size_t fds = count_fds();
	for (int run = 0; run < RUNS; run++) {
		size_t i = (size_t)run % (sizeof cases / sizeof cases[0]);
		struct child c;
		struct spawn s = {
			.path = cases[i].path, .argv = argv, .dir = AT_FDCWD, .fds = { 2, 2, -1 }
		};
		argv[0] = (char *)cases[i].path;
		struct err err = spawn_child(&s, &c);
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(err.op, OP_OPEN);
		assert_int_equal(c.pid, 0);
		child_signal(&c, SIGKILL); /* harmless, as is reaping */
		child_reap(&c, &end);
		assert_int_equal(end.code, 0);
	}
	assert_int_equal(count_fds(), fds);
	assert_no_children();
}

static void
without_a_descriptor_for_it_there_is_no_child(void **state)
{
	struct rlimit old, low;
	static const char *const argv[] = { "sleep", "30", NULL };
	struct spawn s = {
		.path = "sleep", .argv = (char *const *)argv, .dir = AT_FDCWD, .fds = { -1, -1, 2 }
	};
	struct child c;

	(void)state;
	int last = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = (rlim_t)last + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	struct err err = spawn_child(&s, &c);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	close(last);
	assert_int_equal(err.code, EMFILE);
	assert_int_equal(c.pid, 0);
	assert_no_children();
}

static void
reaping_takes_the_rest_of_the_group(void **state)
{
	static const char *const leaves[] = { "sh", "-c", "sleep 30 & echo $!", NULL };
	int fd;
	struct child c = start(plain, leaves, &fd);
	pid_t left = (pid_t)strtol(read_line(fd), NULL, 10);

	(void)state;
	assert_true(left > 0);
	assert_true(is_readable(c.pidfd, 30000));
	assert_int_equal(kill(left, 0), 0);
	assert_int_equal(reap(&c).code, 0);
	/* the pipe ends when the last of them is gone */
	assert_string_equal(read_all(fd), "");
	close(fd);
}

static void
memory_is_that_of_the_tree(void **state)
{
	static const char *const tree[] = { "sh", "-c",
		"sh -c '/proc/'$PPID'/exe --stage memory 64; :'; :", NULL };
	static const char *const sleeps[] = { "sleep", "30", NULL };
	int64_t bytes = -1;
	int fd;

	(void)state;
	struct child c = start(plain, sleeps, &fd);
	assert_int_equal(child_memory(c.pid, &bytes).code, 0);
	assert_in_range(bytes, 0, (MEMORY_MIB << 20) - 1);
	child_signal(&c, SIGKILL);
	assert_true(is_readable(c.pidfd, 30000));
	assert_int_equal(child_memory(c.pid, &bytes).code, 0);
	assert_int_equal(bytes, 0); /* a zombie has none */
	pid_t pid = c.pid;
	(void)reap(&c);
	struct err err = child_memory(pid, &bytes);
	assert_int_equal(err.code, ESRCH);
	assert_int_equal(err.op, OP_READ);
	close(fd);

	c = start(plain, tree, &fd);
	assert_string_equal(read_line(fd), "full");
	assert_int_equal(child_memory(c.pid, &bytes).code, 0);
	assert_in_range(bytes, MEMORY_MIB << 20, 1 << 30);
	child_signal(&c, SIGTERM);
	assert_int_equal(reap(&c).code, SIGTERM);
	assert_string_equal(read_all(fd), "");
	close(fd);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_three_descriptors_are_open),
		cmocka_unit_test(what_we_do_to_signals_is_undone),
		cmocka_unit_test(the_standard_descriptors_may_change_places),
		cmocka_unit_test(a_child_works_on_the_very_file),
		cmocka_unit_test(it_has_its_group_and_directory),
		cmocka_unit_test(failures_say_why_and_leave_nothing),
		cmocka_unit_test(without_a_descriptor_for_it_there_is_no_child),
		cmocka_unit_test(reaping_takes_the_rest_of_the_group),
		cmocka_unit_test(memory_is_that_of_the_tree),
	};
	int status;

	if (child_side(argc, argv, &status))
		return status;
	return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
