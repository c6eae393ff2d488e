/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own ways of moving content, with EINTR retried and errno turned into struct err. */
#include "sys/move.h"

#include "sys/file.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <unistd.h>

struct err
move_failed(enum err_op op, int64_t off)
{
	switch (errno) {
	case EPIPE:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case EROFS:
		return err_sys(op, SIDE_DST, off);
	default:
		return err_sys(op, SIDE_SRC, off);
	}
}

static size_t
capped(int64_t len)
{
	return len < MOVE_MAX ? (size_t)len : (size_t)MOVE_MAX;
}

struct err
move_clone(int dst, int src)
{
	int rc;
	do
		rc = ioctl(dst, FICLONE, src);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? move_failed(OP_CLONE, -1) : ERR_OK;
}

struct err
move_clone_range(int dst, int src, int64_t off, int64_t len)
{
	struct file_clone_range range = {
		.src_fd = src,
		.src_offset = (uint64_t)off,
		.src_length = (uint64_t)len,
	};
	int rc;

	do
		rc = ioctl(dst, FICLONERANGE, &range);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? move_failed(OP_CLONE, off) : ERR_OK;
}

struct err
move_copy_range(int src, int64_t src_off, int dst, int64_t dst_off, int64_t len, int64_t *moved)
{
	off_t in = src_off;
	off_t out = dst_off;
	ssize_t n;
	do
		n = copy_file_range(src, &in, dst, &out, capped(len), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return move_failed(OP_COPY_RANGE, src_off);
	*moved = n;
	return ERR_OK;
}

struct err
move_copy_range_on(int src, int dst, int64_t len, int64_t *moved)
{
	ssize_t n;
	do
		n = copy_file_range(src, NULL, dst, NULL, capped(len), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return move_failed(OP_COPY_RANGE, -1);
	*moved = n;
	return ERR_OK;
}

struct err
move_sendfile(int src, int64_t src_off, int dst, int64_t dst_off, int64_t len, int64_t *moved)
{
	off_t in = src_off;
	ssize_t n;
	TRY(file_seek_to(dst, dst_off, SIDE_DST));
	do
		n = sendfile(dst, src, &in, capped(len));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return move_failed(OP_SENDFILE, src_off);
	*moved = n;
	return ERR_OK;
}
