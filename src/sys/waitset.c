/* SPDX-License-Identifier: BSD-2-Clause */
/* epoll(7) and timerfd_create(2). */
#include "sys/waitset.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
	/* Events fetched at once; arbitrary: a pipeline has a handful of descriptors. */
	WAITSET_BATCH = 16
};

struct err
waitset_make(int *set)
{
	*set = epoll_create1(EPOLL_CLOEXEC);
	return *set < 0 ? err_sys(OP_THREAD, SIDE_NONE, -1) : ERR_OK;
}

struct err
waitset_add(int set, int fd, void *who)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = who };

	return epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev) != 0 ? err_sys(OP_THREAD, SIDE_NONE, -1)
							   : ERR_OK;
}

void
waitset_remove(int set, int fd)
{
	/* Fails only for what is not in it. */
	(void)epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL);
}

size_t
waitset_wait(int set, void **who, size_t cap, int timeout_ms)
{
	struct epoll_event events[WAITSET_BATCH];
	int n;

	do
		n = epoll_wait(
		    set, events, cap < WAITSET_BATCH ? (int)cap : WAITSET_BATCH, timeout_ms);
	while (n < 0 && errno == EINTR);
	for (int i = 0; i < n; i++)
		who[i] = events[i].data.ptr;
	return n > 0 ? (size_t)n : 0;
}

static struct timespec
from_ms(int64_t ms)
{
	return (struct timespec){ .tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000 };
}

struct err
waitset_timer(int *fd, int64_t first_ms, int64_t every_ms)
{
	struct itimerspec when = { .it_value = from_ms(first_ms),
		.it_interval = from_ms(every_ms) };

	if (first_ms <= 0) /* a first time of 0 would switch it off */
		when.it_value = (struct timespec){ .tv_nsec = 1 };
	*fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (*fd < 0)
		return err_sys(OP_THREAD, SIDE_NONE, -1);
	if (timerfd_settime(*fd, 0, &when, NULL) != 0) {
		struct err err = err_sys(OP_THREAD, SIDE_NONE, -1);
		(void)close(*fd);
		*fd = -1;
		return err;
	}
	return ERR_OK;
}

void
waitset_timer_take(int fd)
{
	uint64_t times;

	/* EAGAIN: somebody was quicker, or it was set anew. */
	(void)!read(fd, &times, sizeof times);
}
