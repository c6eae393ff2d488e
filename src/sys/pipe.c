/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on descriptors that make one wait: none of them blocks in read(2) or write(2). */
#include "sys/pipe.h"

#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	DEFAULT_PIPE_SIZE = 64 << 10, /* pipe(7) */
	/* Bytes that a pipe takes without blocking when poll(2) says that it can be written: one of
	 * its slots, the smallest page (fs/pipe.c); PIPE_BUF of pipe(7). */
	ALWAYS_FITS = 4096,
};

static bool
is_null_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && major(st->st_rdev) == 1 && minor(st->st_rdev) == 3;
}

static enum fd_kind
kind_of(int fd, const struct stat *st)
{
	int type = 0;
	socklen_t len = sizeof type;

	if (S_ISREG(st->st_mode))
		return FD_FILE;
	if (S_ISFIFO(st->st_mode))
		return FD_PIPE;
	if (S_ISSOCK(st->st_mode)) {
		bool streams =
		    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
		return streams ? FD_SOCKET : FD_OTHER;
	}
	if (is_null_device(st))
		return FD_NULL;
	return S_ISCHR(st->st_mode) && isatty(fd) ? FD_TTY : FD_OTHER;
}

struct err
fd_facts(int fd, struct fd_facts *facts)
{
	struct stat st;

	TRY(file_stat(fd, SIDE_NONE, &st));
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return err_sys(OP_STAT, SIDE_NONE, -1);
	*facts = (struct fd_facts){
		.kind = kind_of(fd, &st),
		.appends = (flags & O_APPEND) != 0,
		.nonblocking = (flags & O_NONBLOCK) != 0,
	};
	return ERR_OK;
}

enum fd_kind
fd_kind_of(int fd)
{
	struct fd_facts facts = { .kind = FD_FILE };

	(void)fd_facts(fd, &facts); /* else we need not wait to hear why */
	return facts.kind;
}

struct err
pipe_make(int *r, int *w, size_t size)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(OP_OPEN, SIDE_NONE, -1);
	/* A wish: past /proc/sys/fs/pipe-max-size, or the user's share, it is EPERM. */
	if (size > 0)
		(void)fcntl(ends[1], F_SETPIPE_SZ, size);
	*r = ends[0];
	*w = ends[1];
	return ERR_OK;
}

/* Set O_NONBLOCK of FD, or clear it. */
static struct err
set_nonblocking(int fd, bool wanted)
{
	int flags = fcntl(fd, F_GETFL);
	int others = flags & ~O_NONBLOCK;

	if (flags < 0 || fcntl(fd, F_SETFL, wanted ? others | O_NONBLOCK : others) < 0)
		return err_sys(OP_OPEN, SIDE_NONE, -1);
	return ERR_OK;
}

struct err
fd_set_nonblocking(int fd)
{
	return set_nonblocking(fd, true);
}

struct err
fd_set_blocking(int fd)
{
	return set_nonblocking(fd, false);
}

size_t
pipe_size(int fd)
{
	int size = fcntl(fd, F_GETPIPE_SZ);

	return size > 0 ? (size_t)size : DEFAULT_PIPE_SIZE;
}

/* poll(2) for FD and the readability of CANCEL_FD; TIMEOUT_MS -1 = for ever.  True: FD is ready, has
 * hung up, or cannot be waited for. */
static bool
poll_for(int fd, short events, int cancel_fd, int timeout_ms)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = events },
		{ .fd = cancel_fd, .events = POLLIN },
	};
	int n;
	do
		n = poll(fds, 2, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n < 0 || fds[0].revents != 0;
}

bool
fd_wait(int fd, bool writes, int cancel_fd)
{
	return poll_for(fd, writes ? POLLOUT : POLLIN, cancel_fd, -1);
}

enum fd_woken
fd_wait_input(int fd, int cancel_fd, struct fd_hangup out)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = cancel_fd, .events = POLLIN },
		{ .fd = out.fd, .events = out.event ? POLLIN : 0 },
	};
	int n;
	do
		n = poll(fds, 3, -1);
	while (n < 0 && errno == EINTR);
	if (n > 0 && fds[2].revents != 0)
		return FD_HUNG_UP;
	return n < 0 || fds[0].revents != 0 ? FD_READY : FD_CANCELED;
}

bool
fd_is_readable(int fd)
{
	return poll_for(fd, POLLIN, -1, 0);
}

/* True when this call says that FD's kind has no RWF_NOWAIT: FIFOs, pipes before Linux 6.4. */
static bool
lacks_nowait(ssize_t n)
{
	return n < 0 && (errno == EOPNOTSUPP || errno == ENOSYS);
}

static ssize_t
read_pipe(int fd, void *buf, size_t size)
{
	struct iovec all = { .iov_base = buf, .iov_len = size };
	ssize_t n = preadv2(fd, &all, 1, -1, RWF_NOWAIT);

	return lacks_nowait(n) ? read(fd, buf, size) : n;
}

struct err
fd_read_ready(struct fd_known in, void *buf, size_t size, size_t *got)
{
	ssize_t n;

	do {
		if (in.kind == FD_PIPE)
			n = read_pipe(in.fd, buf, size);
		else if (in.kind == FD_SOCKET)
			n = recv(in.fd, buf, size, MSG_DONTWAIT);
		else
			n = read(in.fd, buf, size);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(OP_READ, SIDE_SRC, -1);
	*got = (size_t)n;
	return ERR_OK;
}

/* Write to what blocks, unless it was told not to, when more is asked than it can take. */
static ssize_t
write_little(int fd, const void *buf, size_t size)
{
	int flags = fcntl(fd, F_GETFL);
	bool blocks = flags < 0 || (flags & O_NONBLOCK) == 0;

	return write(fd, buf, blocks && size > ALWAYS_FITS ? ALWAYS_FITS : size);
}

static ssize_t
write_pipe(int fd, const void *buf, size_t size)
{
	struct iovec all = { .iov_base = (void *)buf, .iov_len = size };
	ssize_t n = pwritev2(fd, &all, 1, -1, RWF_NOWAIT);

	return lacks_nowait(n) ? write_little(fd, buf, size) : n;
}

static ssize_t
write_some(struct fd_known out, const void *buf, size_t size)
{
	switch (out.kind) {
	case FD_PIPE:
		return write_pipe(out.fd, buf, size);
	case FD_SOCKET:
		return send(out.fd, buf, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	case FD_TTY:
		return write_little(out.fd, buf, size);
	default: /* to a tape one write is one record; the others take all at once anyway */
		return write(out.fd, buf, size);
	}
}

struct err
fd_write_ready(struct fd_known out, const void *buf, size_t size, size_t *put)
{
	ssize_t n;

	do
		n = write_some(out, buf, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(OP_WRITE, SIDE_DST, -1);
	/* As in file_pwrite_all(). */
	if (n == 0 && size > 0)
		return err_make(ENOSPC, OP_WRITE, SIDE_DST, -1);
	*put = (size_t)n;
	return ERR_OK;
}
