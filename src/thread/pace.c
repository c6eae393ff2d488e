/* SPDX-License-Identifier: BSD-2-Clause */
/* Each taker moves one common due time, and waits for its own part of it. */
#include "thread/pace.h"

#include "sys/proc.h"

enum {
	NS_PER_MS = 1000000,
	/* Time that may be made up for when the bytes came late.  Arbitrary: more than a scheduler's
	 * delay, so that the rate is reached; less than what would be felt as a burst. */
	CREDIT_MS = 100,
	/* The longest sleep at once; arbitrary, it only has to fit an int. */
	NAP_MS = 3600000,
	STEPS_PER_S = 10, /* arbitrary: what is moved at once is no burst either */
	STEP_MIN = 4096,  /* a page: less would be read and written twice */
};

void
pace_init(struct pace *p, int64_t bps, const struct cancel *cancel)
{
	*p = (struct pace){ .bps = bps, .cancel = cancel };
	pthread_mutex_init(&p->lock, NULL);
}

void
pace_release(struct pace *p)
{
	pthread_mutex_destroy(&p->lock);
}

int64_t
pace_step(const struct pace *p, int64_t len)
{
	if (p == NULL)
		return len;
	int64_t step = p->bps / STEPS_PER_S / STEP_MIN * STEP_MIN;
	if (step < STEP_MIN)
		step = STEP_MIN;
	return len < step ? len : step;
}

/* The time that LEN bytes take. */
static int64_t
time_of(const struct pace *p, int64_t len)
{
	/* Beyond a century it does not matter: 2^62 ns are 146 years. */
	double ns = (double)len * 1e9 / (double)p->bps;
	return ns < 0x1p61 ? (int64_t)ns : INT64_C(1) << 61;
}

/* When LEN bytes more, asked for NOW, may have passed. */
static int64_t
book(struct pace *p, int64_t len, int64_t now)
{
	int64_t earliest = now - (int64_t)CREDIT_MS * NS_PER_MS;

	pthread_mutex_lock(&p->lock);
	if (p->due_ns == 0)
		p->due_ns = now;
	if (p->due_ns < earliest)
		p->due_ns = earliest;
	/* one sum that is no sum any more would let everything pass */
	int64_t span = time_of(p, len);
	p->due_ns = p->due_ns < INT64_MAX - span ? p->due_ns + span : INT64_MAX;
	int64_t due = p->due_ns;
	pthread_mutex_unlock(&p->lock);
	return due;
}

struct err
pace_take(struct pace *p, int64_t len)
{
	if (p == NULL)
		return ERR_OK;
	int64_t now = proc_now_ns();
	int64_t due = book(p, len, now);
	/* What is less than the clock of poll(2) is slept next time. */
	while (due - now >= NS_PER_MS) {
		int64_t nap_ms = (due - now) / NS_PER_MS;
		(void)proc_wait(-1, cancel_fd(p->cancel), nap_ms < NAP_MS ? (int)nap_ms : NAP_MS);
		TRY(cancel_check(p->cancel));
		now = proc_now_ns();
	}
	return ERR_OK;
}
