/* SPDX-License-Identifier: BSD-2-Clause */
/* Joints between two threads of a test: pipes, sockets, files, rings. */
#ifndef DECANT_TESTS_JOINTS_H
#define DECANT_TESTS_JOINTS_H

#include "pipe/stream.h"
#include "pipe/taps.h"
#include "sys/pipe.h"
#include "tap_fake.h"
#include "temp.h"
#include "thread/bufs.h"
#include "thread/ring.h"

#include <pthread.h>
#include <sys/socket.h>

#include <cmocka.h>

/* What a joint is made of. */
enum joint_kind { JOINT_PIPE, JOINT_SOCKET, JOINT_RING, JOINT_FILE, JOINT_N };

/* What all streams of a test share. */
struct joint_run {
	struct temp temp;
	struct cancel cancel;
	struct bufs *bufs;
};

/* The two ends. */
struct joint {
	struct out out;
	struct in in;
	struct ring *ring; /* owned, or NULL */
};

static struct joint_run joint_run;

static inline int
joint_prepare(void **state)
{
	(void)state;
	joint_run.bufs = bufs_new(4, STREAM_BLOCK + 4096); /* pools may have more than a block */
	return joint_run.bufs == NULL || err_failed(cancel_init(&joint_run.cancel)) ? -1 : 0;
}

static inline int
joint_tidy(void **state)
{
	(void)state;
	bufs_free(joint_run.bufs); /* aborts unless every block is back */
	cancel_release(&joint_run.cancel);
	return 0;
}

/* Make J, both ends owned.  A file has to be written before it is read. */
static inline void
joint_make(struct joint *j, enum joint_kind kind)
{
	int ends[2] = { -1, -1 };

	j->ring = NULL;
	if (kind == JOINT_PIPE) {
		assert_false(err_failed(pipe_make(&ends[0], &ends[1], 0)));
	} else if (kind == JOINT_SOCKET) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	} else if (kind == JOINT_FILE) {
		char path[64];
		ends[1] = make_file(joint_run.temp.path);
		snprintf(path, sizeof path, "/proc/self/fd/%d", ends[1]);
		ends[0] = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(ends[0] >= 0);
	} else {
		j->ring = ring_new(&joint_run.cancel);
		assert_non_null(j->ring);
	}
	in_init(&j->in, ends[0], true, joint_run.bufs, &joint_run.cancel);
	out_init(&j->out, ends[1], true, joint_run.bufs, &joint_run.cancel);
	j->in.ring = j->ring;
	j->out.ring = j->ring;
}

/* What a writing thread does, and how it went. */
struct joint_writer {
	struct out *out;
	int64_t bytes;     /* to write, byte_at() their offset */
	size_t step;       /* at once */
	bool lends;        /* by out_reserve() */
	int64_t written;   /* bytes that out_write() took */
	struct err err;    /* its failure */
	struct err closed; /* of out_close() */
};

static inline struct err
joint_write_lent(struct out *out, size_t n, int64_t off, size_t *put)
{
	void *to;
	size_t room;

	TRY(out_reserve(out, n < STREAM_BLOCK ? n : STREAM_BLOCK, &to, &room));
	*put = n < room ? n : room;
	for (size_t i = 0; i < *put; i++)
		((char *)to)[i] = byte_at(off + (int64_t)i);
	return out_commit(out, *put);
}

static inline void *
joint_write(void *arg)
{
	struct joint_writer *w = arg;
	char *mem = malloc(w->step);

	while (mem != NULL && w->written < w->bytes && !err_failed(w->err)) {
		int64_t rest = w->bytes - w->written;
		size_t n = rest < (int64_t)w->step ? (size_t)rest : w->step;
		for (size_t i = 0; i < n && !w->lends; i++)
			mem[i] = byte_at(w->written + (int64_t)i);
		w->err = w->lends ? joint_write_lent(w->out, n, w->written, &n)
				  : out_write(w->out, mem, n);
		if (!err_failed(w->err))
			w->written += (int64_t)n;
	}
	free(mem);
	w->closed = out_close(w->out);
	return NULL;
}

/* What was read. */
struct joint_read {
	int64_t bytes;  /* number of them */
	bool right;     /* each was byte_at() its offset, the first one's given */
	uint64_t sum;   /* fnv() of them */
	struct err err; /* the failure that ended it */
};

/* Read IN to its end, MIN at least and STEP at most at once, the first byte being the one of OFF. */
static inline struct joint_read
joint_read(struct in *in, size_t min, size_t step, int64_t off)
{
	struct joint_read r = { .right = true };
	const void *bytes;
	size_t n;

	for (;;) {
		r.err = in_peek(in, min, &bytes, &n);
		if (err_failed(r.err) || n == 0)
			return r;
		n = n < step ? n : step;
		for (size_t i = 0; i < n; i++)
			r.right = r.right &&
				  ((const char *)bytes)[i] == byte_at(off + r.bytes + (int64_t)i);
		r.sum = fnv(r.sum, bytes, n);
		in_take(in, n);
		r.bytes += (int64_t)n;
	}
}

/* Write by W, a thread of its own unless J is of a file, and read J. */
static inline struct joint_read
joint_pass(struct joint *j, struct joint_writer *w, size_t min, size_t step, int64_t off)
{
	pthread_t thread;
	bool apart = (j->in.fd >= 0 && fd_kind_polls(j->in.kind)) || j->ring != NULL;

	w->out = &j->out;
	if (apart)
		assert_int_equal(pthread_create(&thread, NULL, joint_write, w), 0);
	else
		joint_write(w);
	struct joint_read r = joint_read(&j->in, min, step, off);
	if (err_failed(r.err) || j->in.taps != NULL)
		(void)in_close(&j->in); /* so that the writer ends; its result is kept */
	if (apart)
		pthread_join(thread, NULL);
	return r;
}

/* Close and free what is left of J. */
static inline void
joint_drop(struct joint *j)
{
	(void)out_close(&j->out);
	(void)in_close(&j->in);
	ring_free(j->ring);
}

#endif
