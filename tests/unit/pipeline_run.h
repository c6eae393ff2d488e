/* SPDX-License-Identifier: BSD-2-Clause */
/* A pipeline for a test: what it runs with, stages that do what they are told, and what may be left. */
#ifndef DECANT_TESTS_PIPELINE_RUN_H
#define DECANT_TESTS_PIPELINE_RUN_H

#include "fds.h"
#include "pipe/command.h"
#include "pipe/function.h"
#include "pipe/pipeline.h"
#include "sys/proc.h"
#include "thread/bufs.h"

#include <pthread.h>
#include <stdatomic.h>

#include <cmocka.h>

#define COMMAND(...) command_new((const char *const[]){ __VA_ARGS__, NULL })

/* A pipeline and what it is lent. */
struct pipeline_test {
	struct stage_run run;
	struct cancel cancel;
	struct pipeline_means means;
	struct pipeline *p;
	struct layout_fault fault;
	struct verdict v;
	size_t fds;     /* descriptors at the beginning */
	size_t threads; /* threads at the beginning */
};

static const struct end no_end = { .fd = -1, .kind = WANT_NONE, .name = "nothing" };

static inline size_t
count_threads(void)
{
	size_t n = 0;
	DIR *d = opendir("/proc/self/task");

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static inline void
ignore_note(void *arg, const struct stage_note *n)
{
	(void)arg;
	(void)n;
}

static inline void *
do_nothing(void *arg)
{
	return arg;
}

static inline void
pipeline_begin(struct pipeline_test *t)
{
	pthread_t first;

	/* a sanitizer has a thread of its own from our first one on */
	assert_int_equal(pthread_create(&first, NULL, do_nothing, NULL), 0);
	pthread_join(first, NULL);
	*t = (struct pipeline_test){ .fds = count_fds(), .threads = count_threads() };
	assert_int_equal(cancel_init(&t->cancel).code, 0);
	t->run = (struct stage_run){
		.loop = loop_new(),
		.cancel = &t->cancel,
		.bufs = bufs_new(32, STREAM_BLOCK),
		.dir = AT_FDCWD,
		.note = ignore_note,
	};
	t->p = pipeline_new();
	assert_non_null(t->run.loop);
	assert_non_null(t->run.bufs);
	assert_non_null(t->p);
}

static inline void
pipeline_append(struct pipeline_test *t, struct stage *s)
{
	assert_non_null(s);
	assert_int_equal(pipeline_add(t->p, s).code, 0);
}

static inline struct end
end_at(int fd, bool owned, const char *name)
{
	return (struct end){ .fd = fd, .owned = owned, .kind = WANT_FD, .name = name };
}

static inline void
pipeline_go(struct pipeline_test *t, const struct end *source, const struct end *sink)
{
	assert_int_equal(pipeline_start(t->p, &t->run, &t->means, source, sink, &t->fault).code, 0);
}

/* Start and wait. */
static inline struct verdict
pipeline_pass(struct pipeline_test *t, const struct end *source, const struct end *sink)
{
	pipeline_go(t, source, sink);
	pipeline_wait(t->p, &t->v);
	return t->v;
}

/* Free all; nothing may be left but MORE descriptors. */
static inline void
pipeline_end(struct pipeline_test *t, size_t more)
{
	pipeline_free(t->p);
	loop_free(t->run.loop);
	bufs_free(t->run.bufs); /* aborts unless every block is back */
	cancel_release(&t->cancel);
	assert_int_equal(count_fds(), t->fds + more);
	/* one that was joined may be seen for a moment longer: the kernel takes it out after */
	for (int64_t limit = now_ms() + 2000; count_threads() != t->threads && now_ms() < limit;)
		sched_yield();
	assert_int_equal(count_threads(), t->threads);
	assert_no_children();
}

/* What a function stage does here, and what it saw. */
struct actor {
	int64_t
	    writes; /* lines of 6 bytes to write, each at once, before anything is read; -1 = for ever */
	int64_t reads;  /* bytes to read; -1 = to the end */
	bool passes_on; /* what it reads is written */
	bool early;     /* it then ends early */
	int code;       /* and fails with this; 0 = nothing */
	/* --- what it saw --- */
	int64_t got;       /* bytes that it read */
	int in_fd, out_fd; /* the descriptors that it was given, -1 = none */
	bool in_ring, out_ring;
	atomic_bool runs; /* it has begun */
};

static inline struct err
act_read(struct actor *a, struct in *in, struct out *out)
{
	while (a->reads < 0 || a->got < a->reads) {
		const void *bytes;
		size_t n;
		TRY(in_peek(in, 1, &bytes, &n));
		if (n == 0)
			break;
		if (a->passes_on)
			TRY(out_write(out, bytes, n));
		in_take(in, n);
		a->got += (int64_t)n;
	}
	return ERR_OK;
}

static inline struct err
act(void *arg, struct in *in, struct out *out, bool *early)
{
	struct actor *a = arg;

	a->in_fd = in_fd(in);
	a->out_fd = out_fd(out);
	a->in_ring = in->ring != NULL;
	a->out_ring = out->ring != NULL;
	atomic_store(&a->runs, true);
	for (int64_t i = 0; a->writes < 0 || i < a->writes; i++)
		TRY(out_write(out, "12345\n", 6));
	if (a->reads != 0)
		TRY(act_read(a, in, out));
	*early = a->early;
	return a->code != 0 ? err_make(a->code, OP_READ, SIDE_SRC, -1) : ERR_OK;
}

/* A stage of A between ports of these wants. */
static inline struct stage *
actor_between(struct actor *a, const char *name, enum want in, enum want out)
{
	struct function f = {
		.name = name,
		.body = act,
		.arg = a,
		.in = { .want = in },
		.out = { .want = out },
	};
	return function_new(&f);
}

static inline struct stage *
actor_new(struct actor *a, const char *name)
{
	return actor_between(a, name, WANT_ANY, WANT_ANY);
}

#endif
