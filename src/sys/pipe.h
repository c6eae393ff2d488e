/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors that bytes flow through: what they are, waiting for them, moving between them. */
#ifndef DECANT_SYS_PIPE_H
#define DECANT_SYS_PIPE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a descriptor is open on. */
enum fd_kind {
	FD_FILE,   /* a regular file */
	FD_PIPE,   /* a pipe or FIFO */
	FD_SOCKET, /* a stream socket */
	FD_TTY,    /* a terminal */
	FD_NULL,   /* /dev/null */
	FD_OTHER,  /* anything else: other devices, datagram sockets, directories */
};

/* Facts of a descriptor. */
struct fd_facts {
	enum fd_kind kind; /* what it is open on */
	bool appends;      /* O_APPEND is set */
	bool nonblocking;  /* O_NONBLOCK is set */
};

/* Get the facts of FD.  Fails with STAT. */
struct err fd_facts(int fd, struct fd_facts *facts);

/* What FD is open on; FILE for what is not open: trying will tell. */
enum fd_kind fd_kind_of(int fd);

/* True when a descriptor of kind K can keep who reads or writes it waiting. */
static inline bool
fd_kind_polls(enum fd_kind k)
{
	return k != FD_FILE && k != FD_NULL;
}

/* Make a pipe, close-on-exec; *R reads, *W writes.  SIZE > 0 asks for that capacity, and takes what it
 * gets.  Fails with OPEN. */
struct err pipe_make(int *r, int *w, size_t size);
/* Make FD, which nobody else has, non-blocking.  Fails with OPEN. */
struct err fd_set_nonblocking(int fd);
/* Make FD, which nobody else has, block again.  Likewise. */
struct err fd_set_blocking(int fd);
/* The capacity of pipe FD; 64 KiB when it cannot be known. */
size_t pipe_size(int fd);

/* Sleep until FD can be read (WRITES: written) or has hung up, or CANCEL_FD is readable.
 * True: FD; false: only the other.  A descriptor that cannot be waited for is always ready. */
bool fd_wait(int fd, bool writes, int cancel_fd);

/* Where one learns that nobody will read what comes of an input. */
struct fd_hangup {
	int fd;     /* a pipe, socket or eventfd; -1 = one does not learn it */
	bool event; /* an eventfd, which is readable then; else the descriptor that is written */
};

/* What fd_wait_input() woke up for. */
enum fd_woken {
	FD_READY,    /* the input can be read, or has hung up */
	FD_CANCELED, /* only the cancellation */
	FD_HUNG_UP,  /* nobody reads any more */
};

/* fd_wait() for FD to be read, which a hang-up of OUT ends as well. */
enum fd_woken fd_wait_input(int fd, int cancel_fd, struct fd_hangup out);

/* True when fd_wait() would not sleep for FD to be read. */
bool fd_is_readable(int fd);

/* A descriptor of which one knows what it is, so that no call has to ask. */
struct fd_known {
	int fd;            /* borrowed */
	enum fd_kind kind; /* what it is open on */
};

/*
 * Read at most SIZE bytes of IN, which fd_wait() said is ready; *GOT 0 is the end.  EAGAIN when it was
 * not ready after all.  Fails with READ of the source, offset -1.
 */
struct err fd_read_ready(struct fd_known in, void *buf, size_t size, size_t *got);
/*
 * Write what fits of the SIZE bytes to OUT, which fd_wait() said is ready, without blocking: to pipes
 * by RWF_NOWAIT or at most 4096 bytes, to sockets by MSG_DONTWAIT.  EAGAIN when nothing fits.
 * A terminal that stalls within 4096 bytes does block, and other devices get all at once.
 * Fails with WRITE of the destination, offset -1; EPIPE without a signal, SIGPIPE being blocked.
 */
struct err fd_write_ready(struct fd_known out, const void *buf, size_t size, size_t *put);

/* Splice at most LEN bytes from SRC to DST, one of which is a pipe, at their positions, without blocking on
 * the pipe.  *MOVED 0 is the end of SRC.  EAGAIN: one of them is not ready.  Fails with OP_SENDFILE on the
 * side that is to blame where the kernel tells, else the source's, offset -1. */
struct err pipe_splice(int src, int dst, size_t len, size_t *moved);
/* sendfile(2) at most LEN bytes from OFF of file SRC to DST, a socket or pipe.  Likewise. */
struct err pipe_sendfile(int src, int64_t off, int dst, size_t len, size_t *moved);

#endif
