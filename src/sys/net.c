/* SPDX-License-Identifier: BSD-2-Clause */
/* Stream sockets of IPv4, IPv6 and Unix. */
#include "sys/net.h"

#include "sys/file.h"
#include "sys/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	/* How long a Unix socket whose queue is full is waited for between two looks at the
	 * cancellation, which is to be seen within 200 ms (DESIGN.md 8). */
	QUEUE_WAIT_MS = 100,
	PEERS = 1, /* connections that may wait: one is taken */
};

static struct err
failed(int code)
{
	return err_make(code, OP_OPEN, SIDE_NONE, -1);
}

/* The descriptor *S, which is the caller's from now on. */
static int
taken(int *s)
{
	int fd = *s;
	*s = -1;
	return fd;
}

/* What getaddrinfo(3) answered with RC, as an error, and as its own words in *WHY. */
static struct err
unresolved(int rc, const char **why)
{
	/* The words say more than any number; but for the system's own errors. */
	if (rc == EAI_SYSTEM)
		return err_sys(OP_OPEN, SIDE_NONE, -1);
	*why = gai_strerror(rc);
	switch (rc) {
	case EAI_MEMORY:
		return failed(ENOMEM);
	case EAI_AGAIN:
		return failed(EAGAIN);
	default:
		return failed(EADDRNOTAVAIL);
	}
}

static struct err
resolve(const char *host, const char *port, struct addrinfo **all, const char **why)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	*why = NULL;
	int rc = getaddrinfo(host, port, &hints, all);
	return rc == 0 ? ERR_OK : unresolved(rc, why);
}

static struct err
set_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
		return err_sys(OP_OPEN, SIDE_NONE, -1);
	return ERR_OK;
}

/* Wait until the connection that S is making is made or has failed. */
static struct err
await_connection(int s, int cancel_fd)
{
	int code = 0;
	socklen_t n = sizeof code;
	if (!fd_wait(s, true, cancel_fd))
		return failed(ECANCELED);
	if (getsockopt(s, SOL_SOCKET, SO_ERROR, &code, &n) != 0)
		return err_sys(OP_OPEN, SIDE_NONE, -1);
	return code == 0 ? ERR_OK : failed(code);
}

static struct err
connect_to(const struct addrinfo *to, int cancel_fd, int *fd)
{
	own_fd s = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return err_sys(OP_OPEN, SIDE_NONE, -1);
	if (connect(s, to->ai_addr, to->ai_addrlen) != 0) {
		/* EINTR: the connection is being made all the same (connect(2)). */
		if (errno != EINPROGRESS && errno != EINTR)
			return err_sys(OP_OPEN, SIDE_NONE, -1);
		TRY(await_connection(s, cancel_fd));
	}
	TRY(set_blocking(s));
	*fd = taken(&s);
	return ERR_OK;
}

struct err
net_connect(const char *host, const char *port, int cancel_fd, int *fd, const char **why)
{
	struct addrinfo *all = NULL;
	TRY(resolve(host, port, &all, why));
	struct err e = failed(EADDRNOTAVAIL);
	for (const struct addrinfo *to = all; to != NULL; to = to->ai_next) {
		e = connect_to(to, cancel_fd, fd);
		if (!err_failed(e) || e.code == ECANCELED)
			break;
	}
	freeaddrinfo(all);
	return e;
}

static struct err
unix_address(const char *path, struct sockaddr_un *to)
{
	size_t len = strlen(path);
	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len == 0)
		return failed(ENOENT);
	if (len >= sizeof to->sun_path)
		return failed(ENAMETOOLONG);
	memcpy(to->sun_path, path, len);
	return ERR_OK;
}

/* Let calls on S that send or connect fail with EAGAIN after MS; 0 = never. */
static struct err
set_send_timeout(int s, int ms)
{
	struct timeval after = { .tv_usec = (suseconds_t)ms * 1000 };
	if (setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &after, sizeof after) != 0)
		return err_sys(OP_OPEN, SIDE_NONE, -1);
	return ERR_OK;
}

static bool
is_readable_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return poll(&p, 1, 0) > 0;
}

struct err
net_connect_unix(const char *path, int cancel_fd, int *fd)
{
	struct sockaddr_un to;
	TRY(unix_address(path, &to));
	own_fd s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return err_sys(OP_OPEN, SIDE_NONE, -1);
	/* A queue that is full cannot be polled for: connect(2) itself has to wait, for a while. */
	TRY(set_send_timeout(s, QUEUE_WAIT_MS));
	while (connect(s, (const struct sockaddr *)&to, sizeof to) != 0) {
		if (errno != EAGAIN && errno != EINTR)
			return err_sys(OP_OPEN, SIDE_NONE, -1);
		if (is_readable_now(cancel_fd))
			return failed(ECANCELED);
	}
	TRY(set_send_timeout(s, 0));
	*fd = taken(&s);
	return ERR_OK;
}

static struct err
listen_at(int family, const struct sockaddr *at, socklen_t len, int *fd)
{
	int on = 1;
	own_fd s = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return err_sys(OP_OPEN, SIDE_NONE, -1);
	/* A port whose last connection has just ended can be had again.  Unix sockets ignore it. */
	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
		return err_sys(OP_OPEN, SIDE_NONE, -1);
	if (bind(s, at, len) != 0 || listen(s, PEERS) != 0)
		return err_sys(OP_OPEN, SIDE_NONE, -1);
	*fd = taken(&s);
	return ERR_OK;
}

struct err
net_listen(const char *host, const char *port, int *fd, const char **why)
{
	struct addrinfo *all = NULL;
	TRY(resolve(host != NULL ? host : "127.0.0.1", port, &all, why));
	struct err e = failed(EADDRNOTAVAIL);
	for (const struct addrinfo *at = all; at != NULL && err_failed(e); at = at->ai_next)
		e = listen_at(at->ai_family, at->ai_addr, at->ai_addrlen, fd);
	freeaddrinfo(all);
	return e;
}

struct err
net_listen_unix(const char *path, int *fd)
{
	struct sockaddr_un at;
	TRY(unix_address(path, &at));
	return listen_at(AF_UNIX, (const struct sockaddr *)&at, sizeof at, fd);
}

struct err
net_accept(int listener, int cancel_fd, int *fd)
{
	while (fd_wait(listener, false, cancel_fd)) {
		int s = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (s >= 0) {
			*fd = s;
			return ERR_OK;
		}
		/* Who came has gone again. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			return err_sys(OP_OPEN, SIDE_NONE, -1);
	}
	return failed(ECANCELED);
}

void
net_shutdown_write(int fd)
{
	(void)shutdown(fd, SHUT_WR);
}

void
net_abort(int fd)
{
	struct linger at_once = { .l_onoff = 1 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}
