/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on an open file: the only code that reads errno for plain files. */
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

void
own_fd_drop(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

struct err
file_read(int fd, void *buf, size_t size, enum err_side side, size_t *got)
{
	ssize_t n;
	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(OP_READ, side, -1);
	*got = (size_t)n;
	return ERR_OK;
}

struct err
file_pread(int fd, void *buf, size_t size, int64_t off, size_t *got)
{
	ssize_t n;
	do
		n = pread(fd, buf, size, off);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(OP_READ, SIDE_SRC, off);
	*got = (size_t)n;
	return ERR_OK;
}

struct err
file_pread_full(int fd, void *buf, size_t size, int64_t off, enum err_side side, size_t *got)
{
	size_t n = 0;

	for (*got = 0; *got < size; *got += n) {
		struct err e =
		    file_pread(fd, (char *)buf + *got, size - *got, off + (int64_t)*got, &n);
		e.side = (uint8_t)side;
		TRY(e);
		if (n == 0)
			break;
	}
	return ERR_OK;
}

struct err
file_pwrite_all(int fd, const void *buf, size_t size, int64_t off)
{
	const char *rest = buf;
	while (size > 0) {
		ssize_t n = pwrite(fd, rest, size, off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(OP_WRITE, SIDE_DST, off);
		/* No file system answers 0; were one to, this loop would never end. */
		if (n == 0)
			return err_make(ENOSPC, OP_WRITE, SIDE_DST, off);
		rest += n;
		size -= (size_t)n;
		off += n;
	}
	return ERR_OK;
}

struct err
file_write_all(int fd, const void *buf, size_t size)
{
	const char *rest = buf;
	while (size > 0) {
		ssize_t n = write(fd, rest, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(OP_WRITE, SIDE_DST, -1);
		/* As in file_pwrite_all(). */
		if (n == 0)
			return err_make(ENOSPC, OP_WRITE, SIDE_DST, -1);
		rest += n;
		size -= (size_t)n;
	}
	return ERR_OK;
}

static struct err
reopen(int fd, int flags, int *src)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	do
		*src = open(path, O_RDONLY | O_CLOEXEC | flags);
	while (*src < 0 && errno == EINTR);
	return *src < 0 ? err_sys(OP_OPEN, SIDE_DST, -1) : ERR_OK;
}

struct err
file_reopen(int fd, int *src)
{
	return reopen(fd, 0, src);
}

struct err
file_reopen_direct(int fd, int *src)
{
	return reopen(fd, O_DIRECT, src);
}

void
file_drop_cache(int fd)
{
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

struct err
file_stat(int fd, enum err_side side, struct stat *st)
{
	int rc;
	do
		rc = fstat(fd, st);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? err_sys(OP_STAT, side, -1) : ERR_OK;
}

struct err
file_fs_type(int fd, enum err_side side, int64_t *type)
{
	struct statfs fs;
	int rc;
	do
		rc = fstatfs(fd, &fs);
	while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return err_sys(OP_STAT, side, -1);
	/* The numbers have 32 bits; f_type is signed where long has 32 as well. */
	*type = (int64_t)(uint32_t)fs.f_type;
	return ERR_OK;
}

struct err
file_truncate(int fd, int64_t size)
{
	int rc;
	do
		rc = ftruncate(fd, size);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? err_sys(OP_TRUNCATE, SIDE_DST, size) : ERR_OK;
}

struct err
file_allocate(int fd, int64_t size)
{
	int rc;
	do
		rc = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? err_sys(OP_ALLOCATE, SIDE_DST, -1) : ERR_OK;
}

struct err
file_punch(int fd, int64_t off, int64_t len)
{
	int rc;
	do
		rc = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off, len);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? err_sys(OP_ALLOCATE, SIDE_DST, off) : ERR_OK;
}

struct err
file_sync(int fd)
{
	int rc;
	do
		rc = fdatasync(fd);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? err_sys(OP_SYNC, SIDE_DST, -1) : ERR_OK;
}

struct err
file_close(int *fd, enum err_side side)
{
	int was = *fd;
	*fd = -1;
	if (was < 0 || close(was) == 0 || errno == EINTR)
		return ERR_OK;
	return err_sys(OP_CLOSE, side, -1);
}

void
file_drop(int *fd)
{
	own_fd_drop(fd);
	*fd = -1;
}

/* lseek(2) to the data or hole that WHENCE asks for; ENXIO means that there is none. */
static struct err
seek_extent(int fd, int64_t off, int whence, int64_t *pos)
{
	off_t at;
	do
		at = lseek(fd, off, whence);
	while (at < 0 && errno == EINTR);
	if (at < 0 && errno != ENXIO)
		return err_sys(OP_SEEK, SIDE_SRC, off);
	*pos = at < 0 ? -1 : at;
	return ERR_OK;
}

struct err
file_seek_data(int fd, int64_t off, int64_t *pos)
{
	return seek_extent(fd, off, SEEK_DATA, pos);
}

struct err
file_seek_hole(int fd, int64_t off, int64_t *pos)
{
	return seek_extent(fd, off, SEEK_HOLE, pos);
}

struct err
file_seek_to(int fd, int64_t off, enum err_side side)
{
	off_t at;
	do
		at = lseek(fd, off, SEEK_SET);
	while (at < 0 && errno == EINTR);
	return at < 0 ? err_sys(OP_SEEK, side, off) : ERR_OK;
}

struct err
file_position(int fd, enum err_side side, int64_t *pos)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	if (at < 0)
		return err_sys(OP_SEEK, side, -1);
	*pos = at;
	return ERR_OK;
}

void
file_advise_sequential(int fd)
{
	/* Length 0 only: OpenZFS 2.2.2 fills its cache at once for any other (TRUST.md 1.6). */
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}
