/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that the C library makes cancellation points, made without.
 *
 * No thread here is ever canceled, but in a program of several threads the library pays two atomic operations
 * for each such call: 3 % of the processor's time where small files are compared (Linux 6.18, glibc 2.36).
 */
#ifndef DECANT_UNCANCELLED_H
#define DECANT_UNCANCELLED_H

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sanitizers want to see the library's calls; and an offset may take two registers, each machine in its way. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ || !defined __LP64__
#	define UNCANCELLED(own, library) (library)
#elif defined __has_feature
#	if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	    __has_feature(memory_sanitizer)
#		define UNCANCELLED(own, library) (library)
#	endif
#endif
#ifndef UNCANCELLED
#	define UNCANCELLED(own, library) (own)
#endif

/* As openat(2). */
static inline int
uncancelled_openat(int dir, const char *path, int flags, mode_t mode)
{
	return (int)UNCANCELLED(
	    syscall(SYS_openat, dir, path, flags, mode), openat(dir, path, flags, mode));
}

/* As close(2). */
static inline int
uncancelled_close(int fd)
{
	return (int)UNCANCELLED(syscall(SYS_close, fd), close(fd));
}

/* As read(2). */
static inline ssize_t
uncancelled_read(int fd, void *buf, size_t size)
{
	return UNCANCELLED(syscall(SYS_read, fd, buf, size), read(fd, buf, size));
}

/* As write(2). */
static inline ssize_t
uncancelled_write(int fd, const void *buf, size_t size)
{
	return UNCANCELLED(syscall(SYS_write, fd, buf, size), write(fd, buf, size));
}

/* As pread(2). */
static inline ssize_t
uncancelled_pread(int fd, void *buf, size_t size, off_t off)
{
	return UNCANCELLED(syscall(SYS_pread64, fd, buf, size, off), pread(fd, buf, size, off));
}

/* As pwrite(2). */
static inline ssize_t
uncancelled_pwrite(int fd, const void *buf, size_t size, off_t off)
{
	return UNCANCELLED(syscall(SYS_pwrite64, fd, buf, size, off), pwrite(fd, buf, size, off));
}

#endif
