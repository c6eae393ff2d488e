/* SPDX-License-Identifier: BSD-2-Clause */
/* Stream sockets: connecting, listening for one peer. */
#ifndef DECANT_NET_H
#define DECANT_NET_H

#include "base/err.h"

/* Connect to HOST and PORT, trying each of their addresses; waits for CANCEL_FD too (ECANCELED), but
 * not while names are looked up.
 * *WHY is what the resolver said, static storage, or NULL.  *FD is blocking, close-on-exec.
 * Fails with OPEN of neither side, as all of these. */
struct err net_connect(
    const char *host, const char *port, int cancel_fd, int *fd, const char **why);
/* Connect to the Unix socket PATH.  Likewise. */
struct err net_connect_unix(const char *path, int cancel_fd, int *fd);
/* Listen on HOST (NULL = loopback, of IPv4) and PORT for one peer.  Likewise, but *FD does not block. */
struct err net_listen(const char *host, const char *port, int *fd, const char **why);
/* Listen on the Unix socket PATH, which must not exist.  Likewise. */
struct err net_listen_unix(const char *path, int *fd);
/* Accept one peer of LISTENER, made by the above; waits for CANCEL_FD too.  *FD is blocking,
 * close-on-exec. */
struct err net_accept(int listener, int cancel_fd, int *fd);
/* Tell the peer of FD, a socket, that no more comes.  A failure means nothing. */
void net_shutdown_write(int fd);

/* Make the coming close of FD, a TCP socket that is ours alone, an error for the peer (a reset), instead
 * of the end of the data.  Other sockets have no such thing. */
void net_abort(int fd);

#endif
