/* SPDX-License-Identifier: BSD-2-Clause */
/* A run for the test of one stage: a loop, and the notes that came. */
#ifndef DECANT_TESTS_STAGE_RUN_H
#define DECANT_TESTS_STAGE_RUN_H

#include "fds.h"
#include "pipe/stage.h"
#include "thread/bufs.h"

#include <cmocka.h>

/* What a stage is lent, and what it told. */
struct stage_test {
	struct stage_run run;
	struct cancel cancel;
	struct in in;
	struct out out;
	int source, sink; /* our ends: to be written to, and to be read from; -1 = none */
	struct stage_note notes[8];
	int n_notes;
	size_t fds; /* descriptors at the beginning */
};

static inline void
keep_note(void *arg, const struct stage_note *n)
{
	struct stage_test *t = arg;

	assert_true(t->n_notes < 8);
	t->notes[t->n_notes++] = *n;
}

static inline void
test_begin(struct stage_test *t)
{
	*t = (struct stage_test){ .source = -1, .sink = -1, .fds = count_fds() };
	assert_int_equal(cancel_init(&t->cancel).code, 0);
	t->run = (struct stage_run){
		.loop = loop_new(),
		.cancel = &t->cancel,
		.bufs = bufs_new(4, STREAM_BLOCK),
		.dir = AT_FDCWD,
		.note = keep_note,
		.note_arg = t,
	};
	assert_non_null(t->run.loop);
	assert_non_null(t->run.bufs);
}

/* Start S with a pipe at its output, and at its input too if FED. */
static inline struct err
test_start(struct stage_test *t, struct stage *s, bool fed)
{
	int in[2] = { -1, -1 }, out[2];

	if (fed)
		assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	in_init(&t->in, in[0], true, t->run.bufs, &t->cancel);
	out_init(&t->out, out[1], true, t->run.bufs, &t->cancel);
	t->source = in[1];
	t->sink = out[0];
	struct err err = s->ops->start(s, &t->run, fed ? &t->in : NULL, &t->out);
	assert_true(s->started);
	assert_int_equal(s->ended, err_failed(err));
	return err;
}

/* Drive the loop until S has ended, and get its verdict. */
static inline struct verdict
test_wait(struct stage_test *t, struct stage *s)
{
	struct verdict v;
	int64_t limit = now_ms() + 60000;

	while (!s->ended) {
		assert_true(now_ms() < limit);
		loop_step(t->run.loop, 1000);
	}
	s->ops->verdict(s, &v);
	assert_string_equal(v.stage, s->name);
	return v;
}

/* Free S and all that T has; nothing may be left of them. */
static inline void
test_end(struct stage_test *t, struct stage *s)
{
	stage_free(s);
	if (t->source >= 0)
		close(t->source);
	if (t->sink >= 0)
		close(t->sink);
	loop_free(t->run.loop);
	bufs_free(t->run.bufs);
	cancel_release(&t->cancel);
	assert_int_equal(count_fds(), t->fds);
	assert_no_children();
}

#endif
