/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool of pipes: a stack of empty ones. */
#include "pipe/pipepool.h"

#include "sys/pipe.h"
#include "sys/proc.h"

#include <pthread.h>
#include <stdlib.h>

enum {
	/* What is asked for: /proc/sys/fs/pipe-max-size, the most that anybody may have.  Whoever has
	 * too many is given less (pipe(7)). */
	PIPE_SIZE = 1 << 20
};

struct pipepool {
	size_t kept;
	pthread_mutex_t lock;
	/* --- guarded by lock --- */
	size_t n;
	struct spliced_pipe pipes[]; /* KEPT entries, the first N are there */
};

struct pipepool *
pipepool_new(size_t kept)
{
	struct pipepool *p = calloc(1, sizeof *p + kept * sizeof p->pipes[0]);
	if (p == NULL)
		return NULL;
	p->kept = kept;
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

static void
close_pipe(struct spliced_pipe *pipe)
{
	proc_close(&pipe->in);
	proc_close(&pipe->out);
}

void
pipepool_free(struct pipepool *p)
{
	if (p == NULL)
		return;
	while (p->n > 0)
		close_pipe(&p->pipes[--p->n]);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static struct err
open_pipe(struct spliced_pipe *pipe)
{
	TRY(pipe_make(&pipe->in, &pipe->out, PIPE_SIZE));
	struct err e = fd_set_nonblocking(pipe->in);
	if (!err_failed(e))
		e = fd_set_nonblocking(pipe->out);
	if (err_failed(e)) {
		close_pipe(pipe);
		return e;
	}
	pipe->size = pipe_size(pipe->out);
	pipe->held = 0;
	return ERR_OK;
}

struct err
pipepool_borrow(struct pipepool *p, struct spliced_pipe *pipe)
{
	bool found = false;

	pthread_mutex_lock(&p->lock);
	if (p->n > 0) {
		*pipe = p->pipes[--p->n];
		found = true;
	}
	pthread_mutex_unlock(&p->lock);
	return found ? ERR_OK : open_pipe(pipe);
}

void
pipepool_return(struct pipepool *p, struct spliced_pipe *pipe)
{
	bool keep = false;

	pthread_mutex_lock(&p->lock);
	if (pipe->held == 0 && p->n < p->kept) {
		p->pipes[p->n++] = *pipe;
		keep = true;
	}
	pthread_mutex_unlock(&p->lock);
	if (!keep)
		close_pipe(pipe);
	*pipe = (struct spliced_pipe){ .in = -1, .out = -1 };
}
