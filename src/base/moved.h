/* SPDX-License-Identifier: BSD-2-Clause */
/* How the bytes of one file travelled. */
#ifndef DECANT_MOVED_H
#define DECANT_MOVED_H

#include <stdint.h>

/* The means by which content reached its destination. */
enum method {
	METHOD_NONE,       /* nothing had to move: empty file, or no content at all */
	METHOD_CLONE,      /* FICLONE: extents are shared */
	METHOD_COPY_RANGE, /* copy_file_range(2) */
	METHOD_SENDFILE,   /* sendfile(2) */
	METHOD_BUFFER,     /* read and write through a pooled buffer */
	METHOD_UPDATE,     /* blocks of an older copy that differed were written */
	METHOD_LINK,       /* a hard link to a copy made in this run */
	METHOD_COMMAND,    /* a command wrote it: --through */
	METHOD_N           /* number of methods */
};

/* What a move has achieved; valid after a failure too. */
struct moved {
	int64_t bytes;       /* bytes of content now at the destination, holes included */
	int64_t holes;       /* bytes of them that are holes and were never written */
	int64_t kept;        /* bytes of them that were there already, and stayed */
	enum method method;  /* the last means that was used */
	int refusal;         /* errno of the last means that refused, 0 = the first one did it */
	enum method refused; /* the means that refused, METHOD_NONE if none did */
};

/* The name of M as JSON and --explain print it, e.g. "copy_file_range"; static storage. */
const char *method_name(enum method m);

#endif
