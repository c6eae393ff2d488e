/* SPDX-License-Identifier: BSD-2-Clause */
/* Outer ends: what a descriptor is, and sockets by the names that people write. */
#include "pipe/ends.h"

#include "base/own.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const char unix_prefix[] = "unix:";

enum want
end_kind(int fd, bool writes)
{
	struct fd_facts facts;
	/* Who cannot be asked will say so when it is used. */
	if (err_failed(fd_facts(fd, &facts)))
		return WANT_FD;
	return facts.kind == FD_FILE && !(writes && facts.appends) ? WANT_FILE : WANT_FD;
}

/* The path in WHERE, or NULL when it does not name a Unix socket. */
static const char *
unix_path(const char *where)
{
	size_t n = sizeof unix_prefix - 1;
	return strncmp(where, unix_prefix, n) == 0 ? where + n : NULL;
}

/* A host and a port, cut out of one string. */
struct address {
	char *text;       /* what the others point into; owned */
	const char *host; /* "" = not given */
	const char *port; /* never "" */
};

static struct err
refuse(const char **why, const char *words)
{
	*why = words;
	return err_make(EINVAL, OP_OPEN, SIDE_NONE, -1);
}

/* Cut A->text, "HOST:PORT", "[HOST]:PORT", ":PORT" or "PORT", in two. */
static struct err
cut(struct address *a, const char **why)
{
	char *text = a->text;
	char *colon = strrchr(text, ':');
	a->host = "";
	a->port = text;
	if (text[0] == '[') {
		char *bracket = strchr(text, ']');
		if (bracket == NULL || bracket[1] != ':')
			return refuse(why, "expected [HOST]:PORT");
		*bracket = '\0';
		a->host = text + 1;
		a->port = bracket + 2;
	} else if (colon != NULL) {
		if (strchr(text, ':') != colon)
			return refuse(why, "an IPv6 address needs brackets: [HOST]:PORT");
		*colon = '\0';
		a->host = text;
		a->port = colon + 1;
	}
	return a->port[0] != '\0' ? ERR_OK : refuse(why, "expected HOST:PORT or unix:PATH");
}

static struct err
connect_to(const char *where, const struct cancel *cancel, int *fd, const char **why)
{
	const char *path = unix_path(where);
	*why = NULL;
	if (path != NULL)
		return net_connect_unix(path, cancel_fd(cancel), fd);
	own_mem char *text = strdup(where);
	struct address a = { .text = text };
	if (text == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	TRY(cut(&a, why));
	if (a.host[0] == '\0')
		return refuse(why, "expected HOST:PORT or unix:PATH");
	return net_connect(a.host, a.port, cancel_fd(cancel), fd, why);
}

static struct err
listen_unix(const char *path, const struct cancel *cancel, int *fd)
{
	own_fd listener = -1;
	TRY(net_listen_unix(path, &listener));
	struct err e = net_accept(listener, cancel_fd(cancel), fd);
	/* Nobody else is to come, whatever the name stands for by now; a name that stays is only a
	 * nuisance. */
	(void)dir_unlink(AT_FDCWD, path);
	return e;
}

static struct err
listen_at(const char *where, const struct cancel *cancel, int *fd, const char **why)
{
	const char *path = unix_path(where);
	*why = NULL;
	if (path != NULL)
		return listen_unix(path, cancel, fd);
	own_mem char *text = strdup(where);
	struct address a = { .text = text };
	if (text == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	TRY(cut(&a, why));
	own_fd listener = -1;
	TRY(net_listen(a.host[0] != '\0' ? a.host : NULL, a.port, &listener, why));
	return net_accept(listener, cancel_fd(cancel), fd);
}

/* E, of opening, as that of doing OP. */
static struct err
as(struct err e, enum err_op op)
{
	if (e.op == OP_OPEN)
		e.op = (uint8_t)op;
	return e;
}

struct err
end_connect(const char *where, const struct cancel *cancel, int *fd, const char **why)
{
	return as(connect_to(where, cancel, fd, why), OP_CONNECT);
}

struct err
end_listen(const char *where, const struct cancel *cancel, int *fd, const char **why)
{
	return as(listen_at(where, cancel, fd, why), OP_LISTEN);
}
