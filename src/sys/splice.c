/* SPDX-License-Identifier: BSD-2-Clause */
/* Moving between descriptors without a byte of ours in between: splice(2) and sendfile(2). */
#include "sys/move.h"
#include "sys/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * What of LEN bytes DST takes without blocking once poll(2) called it writable.
 * Neither call can be told not to block on a socket whose description is not O_NONBLOCK, which is
 * shared and not ours to change.  A TCP socket is writable while a third of its send buffer is free
 * (sk_stream_is_writeable() of the kernel's include/net/sock.h), a Unix socket while three quarters
 * are (unix_writable() of net/unix/af_unix.c): a quarter always fits.
 */
static size_t
fitting(int dst, size_t len)
{
	int size = 0;
	socklen_t n = sizeof size;
	if (getsockopt(dst, SOL_SOCKET, SO_SNDBUF, &size, &n) != 0)
		return len;
	size_t room = size < 4 ? 1 : (size_t)size / 4;
	return len < room ? len : room;
}

struct err
pipe_splice(int src, int dst, size_t len, size_t *moved)
{
	size_t fits = fitting(dst, len);
	ssize_t n;
	do
		n = splice(src, NULL, dst, NULL, fits, SPLICE_F_NONBLOCK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return move_failed(OP_SENDFILE, -1);
	*moved = (size_t)n;
	return ERR_OK;
}

struct err
pipe_sendfile(int src, int64_t off, int dst, size_t len, size_t *moved)
{
	size_t fits = fitting(dst, len);
	off_t at = off;
	ssize_t n;
	do
		n = sendfile(dst, src, &at, fits);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return move_failed(OP_SENDFILE, off);
	*moved = (size_t)n;
	return ERR_OK;
}
