/* SPDX-License-Identifier: BSD-2-Clause */
/* A few OS pipes kept for splicing through; one with bytes left in it is never kept. */
#ifndef DECANT_PIPEPOOL_H
#define DECANT_PIPEPOOL_H

#include "base/err.h"

#include <stddef.h>

/* Both ends of a pipe on loan. */
struct spliced_pipe {
	int in;      /* the end to splice from, non-blocking */
	int out;     /* the end to splice into, non-blocking */
	size_t size; /* its capacity in bytes */
	size_t held; /* bytes in it now; the borrower counts */
};

/* The pool; one mutex inside. */
struct pipepool;

/* Make a pool that keeps at most KEPT pipes.  NULL = out of memory. */
[[nodiscard]] struct pipepool *pipepool_new(size_t kept);
/* Close what P keeps, and free it; all pipes are back.  NULL is fine. */
void pipepool_free(struct pipepool *p);
/* Borrow a pipe of up to 1 MiB.  Any thread.  Fails with OPEN when none can be had. */
struct err pipepool_borrow(struct pipepool *p, struct spliced_pipe *pipe);
/* Give PIPE back: kept when it is empty, closed when HELD is not 0; PIPE is none then. */
void pipepool_return(struct pipepool *p, struct spliced_pipe *pipe);

#endif
