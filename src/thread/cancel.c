/* SPDX-License-Identifier: BSD-2-Clause */
/* A flag, an eventfd and the first cause. */
#include "thread/cancel.h"

#include "sys/proc.h"

struct err
cancel_init(struct cancel *c)
{
	*c = (struct cancel){ .fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER };
	return proc_eventfd(&c->fd);
}

void
cancel_release(struct cancel *c)
{
	proc_close(&c->fd);
	pthread_mutex_destroy(&c->lock);
}

void
cancel_request(struct cancel *c, struct err why)
{
	pthread_mutex_lock(&c->lock);
	bool first = !atomic_load(&c->requested);
	if (first) {
		c->cause = why;
		atomic_store(&c->requested, true);
	}
	pthread_mutex_unlock(&c->lock);
	if (first)
		proc_eventfd_signal(c->fd);
}

int
cancel_fd(const struct cancel *c)
{
	return c->fd;
}

struct err
cancel_cause(struct cancel *c)
{
	pthread_mutex_lock(&c->lock);
	struct err why = c->cause;
	pthread_mutex_unlock(&c->lock);
	return why;
}
