/* SPDX-License-Identifier: BSD-2-Clause */
/* Extended attributes by descriptor or by name: the calls below a directory, else paths through /proc. */
#include "sys/xattrs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Of include/uapi/asm-generic/unistd.h: calls since 424 have one number everywhere, but Alpha's are 110
 * more, and those of MIPS begin at 4000 and up: there ours are none, and the other way is gone.  The headers
 * of glibc 2.36 know none of them. */
#ifdef __alpha__
enum { NUMBERS = 110 };
#else
enum { NUMBERS = 0 };
#endif

enum {
	CALL_SET = NUMBERS + 463,
	CALL_GET = NUMBERS + 464,
	CALL_LIST = NUMBERS + 465,
	CALL_REMOVE = NUMBERS + 466,
};

/* struct xattr_args of include/uapi/linux/xattr.h */
struct value_of {
	_Alignas(8) uint64_t value; /* the address of the value */
	uint32_t size;
	uint32_t flags;
};

/* A name of the present directory is short, and one below a descriptor is one component: only an operand,
 * relative to AT_FDCWD, is a path, and those are at most PATH_MAX. */
enum { PROC_PATH = 32 + 4096 };

/* A call below a directory answered that there is none: a kernel before 6.13, or a sandbox. */
static atomic_bool absent;

static bool
have_calls(void)
{
	return !atomic_load_explicit(&absent, memory_order_relaxed);
}

/* Whether GOT, of a call below a directory, says that there are no such calls.  A sandbox says EPERM, which a
 * file system may say of one attribute: then the other way says it again. */
static bool
is_refusal(ssize_t got)
{
	if (got >= 0 || (errno != ENOSYS && errno != EPERM))
		return false;
	if (errno == ENOSYS)
		atomic_store_explicit(&absent, true, memory_order_relaxed);
	return true;
}

/* The name of OF for calls that know no directory descriptor, in PATH. */
static const char *
path_of(const struct xattr_of *of, char path[PROC_PATH])
{
	if (of->fd == AT_FDCWD)
		return of->name;
	snprintf(path, PROC_PATH, "/proc/self/fd/%d/%s", of->fd, of->name);
	return path;
}

ssize_t
xattr_list(const struct xattr_of *of, char *buf, size_t size)
{
	char path[PROC_PATH];

	if (of->name == NULL)
		return flistxattr(of->fd, buf, size);
	if (have_calls()) {
		ssize_t got = syscall(CALL_LIST, of->fd, of->name, AT_SYMLINK_NOFOLLOW, buf, size);
		if (!is_refusal(got))
			return got;
	}
	return llistxattr(path_of(of, path), buf, size);
}

ssize_t
xattr_get(const struct xattr_of *of, const char *attr, void *buf, size_t size)
{
	char path[PROC_PATH];

	if (of->name == NULL)
		return fgetxattr(of->fd, attr, buf, size);
	if (have_calls()) {
		struct value_of v = { .value = (uintptr_t)buf, .size = (uint32_t)size };
		ssize_t got =
		    syscall(CALL_GET, of->fd, of->name, AT_SYMLINK_NOFOLLOW, attr, &v, sizeof v);
		if (!is_refusal(got))
			return got;
	}
	return lgetxattr(path_of(of, path), attr, buf, size);
}

int
xattr_set(const struct xattr_of *of, const char *attr, const void *value, size_t len)
{
	char path[PROC_PATH];

	if (of->name == NULL)
		return fsetxattr(of->fd, attr, value, len, 0);
	if (have_calls()) {
		struct value_of v = { .value = (uintptr_t)value, .size = (uint32_t)len };
		ssize_t got =
		    syscall(CALL_SET, of->fd, of->name, AT_SYMLINK_NOFOLLOW, attr, &v, sizeof v);
		if (!is_refusal(got))
			return (int)got;
	}
	return lsetxattr(path_of(of, path), attr, value, len, 0);
}

int
xattr_remove(const struct xattr_of *of, const char *attr)
{
	char path[PROC_PATH];

	if (of->name == NULL)
		return fremovexattr(of->fd, attr);
	if (have_calls()) {
		ssize_t got = syscall(CALL_REMOVE, of->fd, of->name, AT_SYMLINK_NOFOLLOW, attr);
		if (!is_refusal(got))
			return (int)got;
	}
	return lremovexattr(path_of(of, path), attr);
}
