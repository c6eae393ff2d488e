/* SPDX-License-Identifier: BSD-2-Clause */
/* The outer ends of a pipeline: files, descriptors, sockets. */
#ifndef DECANT_ENDS_H
#define DECANT_ENDS_H

#include "pipe/pipeline.h"

/* What FD is to a pipeline as its source or sink: FILE when it is a regular file that can be read or written
 * by offset (not one open with O_APPEND), else FD. */
enum want end_kind(int fd, bool writes);

/*
 * Connect to WHERE, "HOST:PORT" or "unix:PATH".  Blocks until CANCEL.
 * *WHY is further words for people, static storage, or NULL.  Fails with CONNECT or MEMORY.
 */
struct err end_connect(const char *where, const struct cancel *cancel, int *fd, const char **why);
/* Listen on WHERE, "[HOST:]PORT" (the loopback address unless HOST is given) or "unix:PATH", take one
 * connection, and stop listening.  Blocks until CANCEL.  Likewise, but fails with LISTEN. */
struct err end_listen(const char *where, const struct cancel *cancel, int *fd, const char **why);

#endif
