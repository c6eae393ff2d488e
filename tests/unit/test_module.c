/* SPDX-License-Identifier: BSD-2-Clause */
/* sys/module: where modules are looked for, where they are not, and what is said of it. */
#include "sys/module.h"
#include "temp.h"

#include <limits.h>
#include <sys/wait.h>

/* A directory with a copy of this program, and with what passes for a module beside it. */
static struct temp temp;

static void
copy_to(const char *from, const char *name, mode_t mode)
{
	char block[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = openat(temp.fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, block, sizeof(block))) > 0)
		assert_int_equal(write(out, block, (size_t)n), n);
	assert_int_equal(fchmod(out, mode), 0);
	assert_int_equal(close(in), 0);
	assert_int_equal(close(out), 0);
}

static int
set_up(void **state)
{
	(void)state;
	temp_make(&temp);
	copy_to("/proc/self/exe", "program", 0755);
	/* No object: when it is tried, the loader's words name it. */
	copy_to("/proc/self/status", "beside.so", 0644);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	temp_remove(&temp);
	return 0;
}

/* What the copy says of loading FILE; run in the directory itself. */
static const char *
said_of(const char *file)
{
	static char said[PATH_MAX + 512];
	int ends[2];
	size_t len = 0;
	ssize_t n;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		(void)dup2(ends[1], 1);
		if (fchdir(temp.fd) == 0)
			execl("./program", "./program", file, (char *)NULL);
		_exit(99);
	}
	assert_int_equal(close(ends[1]), 0);
	while ((n = read(ends[0], said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	assert_int_equal(close(ends[0]), 0);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return said;
}

static void
a_module_is_found_beside_the_program(void **state)
{
	char path[PATH_MAX];
	(void)state;

	(void)snprintf(path, sizeof(path), "ELIBBAD %s/beside.so: ", temp.path);
	assert_memory_equal(said_of("beside.so"), path, strlen(path));
}

static void
a_module_that_is_not_there_is_named_where_it_belongs(void **state)
{
	const char *said;
	(void)state;

	said = said_of("decant-no-such.so");
	assert_memory_equal(said, "ENOENT there is no /", 20);
	assert_non_null(strstr(said, "/decant/decant-no-such.so"));
}

static void
nothing_is_loaded_that_others_could_have_written(void **state)
{
	(void)state;
	assert_int_equal(fchmodat(temp.fd, "beside.so", 0646, 0), 0);
	assert_non_null(strstr(said_of("beside.so"), "there is no /"));
	assert_int_equal(fchmodat(temp.fd, "beside.so", 0644, 0), 0);
	assert_int_equal(fchmod(temp.fd, 01777), 0);
	assert_non_null(strstr(said_of("beside.so"), "there is no /"));
	assert_int_equal(fchmod(temp.fd, 0700), 0);
	assert_non_null(strstr(said_of("beside.so"), "ELIBBAD"));
	if (geteuid() != 0)
		skip();
	assert_int_equal(fchownat(temp.fd, "beside.so", 12345, 12345, 0), 0);
	assert_non_null(strstr(said_of("beside.so"), "there is no /"));
	assert_int_equal(fchownat(temp.fd, "beside.so", 0, 0, 0), 0);
	assert_int_equal(fchown(temp.fd, 12345, 12345), 0);
	assert_non_null(strstr(said_of("beside.so"), "there is no /"));
}

/* As the copy: say what became of loading FILE. */
static int
load(const char *file)
{
	const void *what;
	const char *why = "it was loaded";
	struct err e = module_load(file, "symbol", &what, &why);

	return printf("%s %s\n", err_code_name(e), why) > 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_module_is_found_beside_the_program, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_module_that_is_not_there_is_named_where_it_belongs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    nothing_is_loaded_that_others_could_have_written, set_up, tear_down),
	};
	return argc > 1 ? load(argv[1]) : cmocka_run_group_tests(tests, NULL, NULL);
}
