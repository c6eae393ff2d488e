/* SPDX-License-Identifier: BSD-2-Clause */
/* The buffer pool: one allocation, a stack of free pieces. */
#include "thread/bufs.h"

#include "base/own.h"

#include <errno.h>

struct bufs {
	char *memory; /* count * size bytes */
	size_t count;
	size_t size;
	pthread_mutex_t lock;
	pthread_cond_t not_empty;
	/* --- guarded by lock --- */
	size_t n_free;
	void *free_list[]; /* count entries, the first n_free are free */
};

struct bufs *
bufs_new(size_t count, size_t size)
{
	struct bufs *b = calloc(1, sizeof *b + count * sizeof b->free_list[0]);
	if (b == NULL)
		return NULL;
	b->count = count;
	b->size = (size + BUFS_ALIGN - 1) / BUFS_ALIGN * BUFS_ALIGN;
	b->memory = aligned_alloc(BUFS_ALIGN, b->count * b->size);
	if (b->memory == NULL) {
		free(b);
		return NULL;
	}
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->not_empty, NULL);
	for (size_t i = 0; i < count; i++)
		b->free_list[b->n_free++] = b->memory + i * b->size;
	return b;
}

void
bufs_free(struct bufs *b)
{
	if (b == NULL)
		return;
	BUG_ON(b->n_free != b->count);
	pthread_cond_destroy(&b->not_empty);
	pthread_mutex_destroy(&b->lock);
	free(b->memory);
	free(b);
}

struct err
bufs_borrow(struct bufs *b, const struct cancel *c, void **buf)
{
	struct err e = ERR_OK;

	pthread_mutex_lock(&b->lock);
	while (b->n_free == 0 && !cancel_requested(c))
		pthread_cond_wait(&b->not_empty, &b->lock);
	if (b->n_free > 0)
		*buf = b->free_list[--b->n_free];
	else
		e = err_make(ECANCELED, OP_MEMORY, SIDE_NONE, -1);
	pthread_mutex_unlock(&b->lock);
	return e;
}

void
bufs_return(struct bufs *b, void *buf)
{
	pthread_mutex_lock(&b->lock);
	BUG_ON(b->n_free == b->count);
	b->free_list[b->n_free++] = buf;
	pthread_cond_signal(&b->not_empty);
	pthread_mutex_unlock(&b->lock);
}

size_t
bufs_size(const struct bufs *b)
{
	return b->size;
}

void
bufs_wake(struct bufs *b)
{
	pthread_mutex_lock(&b->lock);
	pthread_cond_broadcast(&b->not_empty);
	pthread_mutex_unlock(&b->lock);
}
