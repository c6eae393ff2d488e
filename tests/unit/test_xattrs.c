/* SPDX-License-Identifier: BSD-2-Clause */
/* sys/xattrs: attributes by name and by descriptor, with the calls below a directory and without. */
#include "sys/xattrs.h"
#include "temp.h"

#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static struct temp temp;
static int refusal;   /* what each call below a directory fails with, 0: none does */
static unsigned made; /* calls below a directory */

long __wrap_syscall(long number, ...);
long __real_syscall(long number, ...);

long
__wrap_syscall(long number, ...)
{
	enum { SET = 463, GET, LIST, REMOVE }; /* of all but Alpha */

	long got = -1;
	va_list ap;

	made++;
	errno = refusal;
	if (refusal != 0)
		return -1;
	va_start(ap, number);
	int dir = va_arg(ap, int);
	const char *name = va_arg(ap, const char *);
	int flags = va_arg(ap, int);
	void *what = va_arg(ap, void *);
	if (number == LIST) {
		got = __real_syscall(number, dir, name, flags, what, va_arg(ap, size_t));
	} else if (number == REMOVE) {
		got = __real_syscall(number, dir, name, flags, what);
	} else {
		assert_in_range(number, SET, GET);
		void *value = va_arg(ap, void *);
		got = __real_syscall(number, dir, name, flags, what, value, va_arg(ap, size_t));
	}
	va_end(ap);
	return got;
}

static int
set_up(void **state)
{
	(void)state;
	refusal = 0;
	made = 0;
	temp_make(&temp);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	temp_remove(&temp);
	return 0;
}

/* Set, list, get and remove attribute user.one of OF, a file that OTHER means too. */
static void
check_four(const struct xattr_of *of, const struct xattr_of *other)
{
	char buf[256];

	assert_int_equal(xattr_set(of, "user.one", "value", 5), 0);
	assert_int_equal(xattr_get(other, "user.one", buf, sizeof buf), 5);
	assert_memory_equal(buf, "value", 5);
	assert_int_equal(xattr_set(of, "user.one", "", 0), 0);
	assert_int_equal(xattr_get(of, "user.one", buf, sizeof buf), 0);
	ssize_t len = xattr_list(of, buf, sizeof buf);
	assert_true(len >= (ssize_t)sizeof "user.one");
	assert_non_null(memmem(buf, (size_t)len, "user.one", sizeof "user.one"));
	assert_int_equal(xattr_list(of, buf, 1), -1);
	assert_int_equal(errno, ERANGE);
	assert_int_equal(xattr_remove(of, "user.one"), 0);
	assert_int_equal(xattr_get(other, "user.one", buf, sizeof buf), -1);
	assert_int_equal(errno, ENODATA);
}

/* Both ways to mean one file, and a symbolic link to it that is not followed. */
static void
check_ways(void)
{
	char buf[256];
	int fd = openat(temp.fd, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	const struct xattr_of by_fd = { .fd = fd };
	const struct xattr_of by_name = { .fd = temp.fd, .name = "file" };
	const struct xattr_of link = { .fd = temp.fd, .name = "link" };
	const struct xattr_of none = { .fd = temp.fd, .name = "none" };

	assert_true(fd >= 0);
	if (xattr_set(&by_fd, "user.one", "", 0) != 0)
		skip();
	assert_int_equal(symlinkat("file", temp.fd, "link"), 0);
	check_four(&by_name, &by_fd);
	check_four(&by_fd, &by_name);
	assert_int_equal(xattr_set(&by_fd, "user.one", "", 0), 0);
	assert_int_equal(xattr_get(&link, "user.one", buf, sizeof buf), -1);
	assert_int_equal(xattr_set(&link, "user.one", "", 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(xattr_list(&none, buf, sizeof buf), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(close(fd), 0);
}

static void
names_are_reached_below_their_directory(void **state)
{
	(void)state;
	check_ways();
	assert_true(made > 0);
}

static void
names_are_reached_from_the_present_directory(void **state)
{
	char path[512];
	const struct xattr_of of = { .fd = AT_FDCWD, .name = path };

	(void)state;
	snprintf(path, sizeof path, "%s/file", temp.path);
	int fd = openat(temp.fd, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	const struct xattr_of by_fd = { .fd = fd };
	if (xattr_set(&by_fd, "user.one", "", 0) != 0)
		skip();
	check_four(&of, &by_fd);
	refusal = EPERM;
	check_four(&of, &by_fd);
	assert_int_equal(close(fd), 0);
}

static void
a_sandbox_that_forbids_the_calls_is_gone_around(void **state)
{
	(void)state;
	refusal = EPERM;
	check_ways();
	assert_true(made > 1);
}

/* The last test: what a kernel has not is remembered. */
static void
a_kernel_without_the_calls_is_asked_once(void **state)
{
	(void)state;
	refusal = ENOSYS;
	check_ways();
	assert_int_equal(made, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    names_are_reached_below_their_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    names_are_reached_from_the_present_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_sandbox_that_forbids_the_calls_is_gone_around, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_kernel_without_the_calls_is_asked_once, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("xattrs", tests, NULL, NULL);
}
