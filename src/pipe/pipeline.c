/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pipeline from start to verdict.
 *
 *   source   joint 0   part 0   joint 1   part 1   ...   joint n   sink
 *
 * A joint makes both of its streams when its left part is about to start, hands one to each neighbor, and
 * keeps nothing: what was handed over is closed by who got it, the rest by joint_drop().
 */
#include "pipe/pipeline.h"

#include "base/own.h"
#include "pipe/function.h"
#include "pipe/joint.h"
#include "sys/proc.h"
#include "thread/bufs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Something that runs. */
struct part {
	struct stage *stage; /* borrowed from the stages, or owned if IS_MOVER */
	bool is_mover;       /* put in by the layout */
	struct mover mover;  /* if it is one */
	bool told;           /* its neighbor on the left knows that it has ended */
};

struct pipeline {
	struct stage **stages; /* [n_stages], owned */
	size_t n_stages;
	size_t cap;
	struct layout layout;
	struct part *parts;         /* [layout.n_parts], owned; NULL before the start */
	struct joint *joints;       /* [layout.n_parts + 1], owned */
	size_t n_started;           /* parts that start() was called of */
	struct verdict *verdicts;   /* [n_stages + 2]: source, stages, sink; owned */
	struct stage_run run;       /* what parts are run with: the caller's, but for CANCEL */
	struct engine engine;       /* likewise, for movers */
	struct cancel cancel;       /* of this pipeline alone; unused when it is inline */
	struct watcher canceled;    /* of the caller's cancellation */
	bool has_cancel;            /* CANCEL is initialized */
	struct err start;           /* why not all parts were started, or ERR_OK */
	const struct stage *blamed; /* the part that START is about */
	const char *source_name;    /* of the ends, for people */
	const char *sink_name;
	struct in *outer_in;   /* of a pipeline within a stage: what its first part reads */
	struct out *outer_out; /* and its last one writes; NULL otherwise */
	bool is_inline;        /* the only part runs in the thread that waits */
};

struct pipeline *
pipeline_new(void)
{
	struct pipeline *p = calloc(1, sizeof *p);

	if (p != NULL)
		p->canceled.fd = -1;
	return p;
}

void
pipeline_free(struct pipeline *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; p->parts != NULL && i < p->layout.n_parts; i++) {
		if (p->parts[i].is_mover)
			stage_free(p->parts[i].stage);
	}
	for (size_t i = 0; p->joints != NULL && i <= p->layout.n_parts; i++)
		joint_release(&p->joints[i]);
	for (size_t i = 0; i < p->n_stages; i++)
		stage_free(p->stages[i]);
	if (p->has_cancel)
		cancel_release(&p->cancel);
	layout_release(&p->layout);
	free(p->parts);
	free(p->joints);
	free(p->verdicts);
	free(p->stages);
	free(p);
}

struct err
pipeline_add(struct pipeline *p, struct stage *s)
{
	if (p->n_stages == p->cap) {
		size_t cap = p->cap == 0 ? 4 : 2 * p->cap;
		struct stage **stages = reallocarray(p->stages, cap, sizeof(struct stage *));
		if (stages == NULL) {
			stage_free(s);
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		}
		p->stages = stages;
		p->cap = cap;
	}
	p->stages[p->n_stages++] = s;
	return ERR_OK;
}

struct stage *const *
pipeline_stages(const struct pipeline *p, size_t *n)
{
	*n = p->n_stages;
	return p->stages;
}

void
pipeline_stop(struct pipeline *p, enum stop_why why)
{
	for (size_t i = 0; i < p->n_started; i++)
		p->parts[i].stage->ops->stop(p->parts[i].stage, why);
	if (p->has_cancel)
		cancel_request(&p->cancel, err_make(ECANCELED, OP_NONE, SIDE_NONE, -1));
	for (size_t i = 0; p->joints != NULL && i <= p->layout.n_parts; i++) {
		if (p->joints[i].ring != NULL)
			ring_wake(p->joints[i].ring);
	}
	bufs_wake(p->run.bufs);
}

static void
on_cancel(struct watcher *w)
{
	struct pipeline *p =
	    (struct pipeline *)(void *)((char *)w - offsetof(struct pipeline, canceled));

	loop_remove(p->run.loop, w);
	pipeline_stop(p, STOP_CANCELED);
}

/* Make parts, joints and verdicts of P's layout. */
static struct err
make_parts(struct pipeline *p, const struct pipeline_means *means)
{
	struct err memory = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);

	p->parts = calloc(p->layout.n_parts + 1, sizeof p->parts[0]);
	p->joints = calloc(p->layout.n_parts + 1, sizeof p->joints[0]);
	p->verdicts = calloc(p->n_stages + 2, sizeof p->verdicts[0]);
	if (p->parts == NULL || p->joints == NULL || p->verdicts == NULL)
		return memory;
	bool has_mover = false;
	for (size_t i = 0; i < p->layout.n_parts; i++) {
		struct part *part = &p->parts[i];
		part->stage = p->layout.parts[i].stage;
		if (part->stage != NULL)
			continue;
		part->mover = (struct mover){
			.engine = means->engine != NULL ? &p->engine : NULL,
			.pipes = means->pipes,
			.live = has_mover ? NULL : means->live, /* one of them counts */
			.keeps_pages = p->layout.parts[i].stable,
		};
		has_mover = true;
		part->stage = mover_new(&part->mover);
		if (part->stage == NULL)
			return memory;
		part->is_mover = true;
	}
	return ERR_OK;
}

/* Have what P's parts wait for end with the caller's cancellation, and with P's own. */
static struct err
prepare_cancel(struct pipeline *p, const struct stage_run *run, const struct pipeline_means *means)
{
	p->run = *run;
	p->is_inline =
	    means->is_inline && p->layout.n_parts == 1 && p->parts[0].stage->kind == STAGE_FUNCTION;
	if (means->engine != NULL)
		p->engine = *means->engine;
	if (p->is_inline)
		return ERR_OK;
	TRY(cancel_init(&p->cancel));
	p->has_cancel = true;
	p->run.cancel = &p->cancel;
	p->engine.cancel = &p->cancel;
	p->canceled = (struct watcher){ .fd = cancel_fd(run->cancel), .ready = on_cancel };
	return loop_add(run->loop, &p->canceled);
}

static bool
is_ours(const struct part *part)
{
	return part->stage->kind == STAGE_FUNCTION;
}

/* Start the taps of joint I: they have nothing to start, and learn what they run with. */
static struct err
start_taps(struct pipeline *p, size_t i)
{
	struct taps *taps = &p->joints[i].taps;

	TRY(joint_fuse(&p->joints[i], &p->layout.joints[i], p->stages));
	for (size_t k = 0; k < taps->n; k++)
		TRY(taps->stages[k]->ops->start(taps->stages[k], &p->run, NULL, NULL));
	return ERR_OK;
}

/* Start part I, the joint to its left being there. */
static struct err
start_part(struct pipeline *p, size_t i)
{
	struct part *part = &p->parts[i];
	struct joint *next = &p->joints[i + 1];

	if (i + 1 < p->layout.n_parts) {
		struct joint_plan plan = {
			.layout = &p->layout.joints[i + 1],
			.left_is_ours = is_ours(part),
			.right_is_ours = is_ours(&p->parts[i + 1]),
		};
		TRY(joint_open(next, &plan, &p->run));
		TRY(start_taps(p, i + 1));
	}
	if (p->is_inline)
		function_set_inline(part->stage);
	p->n_started = i + 1;
	bool is_first = i == 0 && p->outer_in != NULL;
	bool is_last = i + 1 == p->layout.n_parts && p->outer_out != NULL;
	return part->stage->ops->start(part->stage, &p->run,
	    is_first ? p->outer_in : joint_take_right(&p->joints[i]),
	    is_last ? p->outer_out : joint_take_left(next));
}

/* Start all parts.  The first that cannot be started stops the others, and is remembered. */
static void
start_parts(struct pipeline *p)
{
	size_t n = p->layout.n_parts;
	struct err err = start_taps(p, 0);

	if (!err_failed(err) && n > 0)
		err = start_taps(p, n);
	for (size_t i = 0; !err_failed(err) && i < n; i++) {
		err = start_part(p, i);
		p->blamed = p->parts[i].stage;
	}
	for (size_t i = 0; i <= n; i++)
		joint_drop(&p->joints[i]);
	p->start = err;
	if (err_failed(err))
		pipeline_stop(p, STOP_FAILED);
}

/* Lay P out between ends of these kinds, and make what it will need. */
static struct err
prepare(struct pipeline *p, const struct stage_run *run, const struct pipeline_means *means,
    const struct layout_pieces *pieces, struct layout_fault *fault)
{
	TRY(layout_make(pieces, &p->layout, fault));
	TRY(make_parts(p, means));
	return prepare_cancel(p, run, means);
}

/* The open end E as the planner sees it. */
static struct layout_end
end_of(const struct end *e)
{
	return (struct layout_end){ .kind = e->kind, .name = e->name };
}

struct err
pipeline_start(struct pipeline *p, const struct stage_run *run, const struct pipeline_means *means,
    const struct end *source, const struct end *sink, struct layout_fault *fault)
{
	struct layout_pieces pieces = {
		.source = end_of(source),
		.stages = p->stages,
		.n_stages = p->n_stages,
		.sink = end_of(sink),
	};

	BUG_ON(p->parts != NULL);
	struct err err = prepare(p, run, means, &pieces, fault);
	if (err_failed(err)) {
		int fds[] = { source->owned ? source->fd : -1, sink->owned ? sink->fd : -1 };
		proc_close(&fds[0]);
		proc_close(&fds[1]);
		return err;
	}
	struct joint *first = &p->joints[0];
	struct joint *last = &p->joints[p->layout.n_parts];
	p->source_name = source->name;
	p->sink_name = sink->name;
	in_init(&first->right, source->fd, source->owned, p->run.bufs, p->run.cancel);
	out_init(&last->left, sink->fd, sink->owned, p->run.bufs, p->run.cancel);
	first->has_right = source->kind != WANT_NONE;
	last->has_left = sink->kind != WANT_NONE;
	start_parts(p);
	return ERR_OK;
}

struct err
pipeline_start_within(struct pipeline *p, const struct stage_run *run,
    const struct pipeline_means *means, struct in *in, struct out *out)
{
	struct layout_fault fault;
	struct layout_pieces pieces = {
		.source = { .kind = in_fd(in) >= 0 ? WANT_FD : WANT_MEM },
		.stages = p->stages,
		.n_stages = p->n_stages,
		.sink = { .kind = out_fd(out) >= 0 ? WANT_FD : WANT_MEM },
	};

	BUG_ON(p->parts != NULL);
	TRY(prepare(p, run, means, &pieces, &fault));
	p->outer_in = in;
	p->outer_out = out;
	start_parts(p);
	return ERR_OK;
}

bool
pipeline_has_ended(const struct pipeline *p)
{
	for (size_t i = 0; i < p->n_started; i++) {
		if (!p->parts[i].stage->ended)
			return false;
	}
	return true;
}

/* Tell each part that waits for input that the one it writes to has ended: nobody would read. */
static void
pass_on_ends(struct pipeline *p)
{
	for (size_t i = 1; i < p->n_started; i++) {
		struct part *part = &p->parts[i];
		if (part->told || !part->stage->ended)
			continue;
		part->told = true;
		joint_hang_up(&p->joints[i], &p->joints[i - 1]);
	}
}

/* The index among the verdicts of what stage S is; the source's when it is a mover. */
static size_t
index_of(const struct pipeline *p, const struct stage *s)
{
	for (size_t i = 0; i < p->n_stages; i++) {
		if (p->stages[i] == s)
			return i + 1;
	}
	return 0;
}

/* Where the failure V of the mover that is part I belongs: to the end that it is about, else to the last
 * stage of the joint to its right, past which it moved. */
static size_t
blame_mover(const struct pipeline *p, size_t i, const struct verdict *v)
{
	const struct layout_joint *after = &p->layout.joints[i + 1];

	if (v->err.side == SIDE_SRC && i == 0)
		return 0;
	if (i + 1 == p->layout.n_parts)
		return p->n_stages + 1;
	return after->n_taps > 0 ? after->first_tap + after->n_taps : 0;
}

/* Collect how each stage ended: the joining and reaping happens here. */
static void
collect(struct pipeline *p)
{
	struct verdict *all = p->verdicts;

	for (size_t i = 0; i < p->n_started; i++) {
		struct part *part = &p->parts[i];
		struct verdict v;
		part->stage->ops->verdict(part->stage, &v);
		size_t at = part->is_mover ? blame_mover(p, i, &v) : index_of(p, part->stage);
		if (!part->is_mover || v.kind != VERDICT_OK)
			all[at] = v;
	}
	all[0].stage = p->source_name;
	all[p->n_stages + 1].stage = p->sink_name;
	for (size_t i = 0; i < p->n_stages; i++) {
		struct stage *s = p->stages[i];
		struct verdict v;
		if (s->kind != STAGE_TAP || !s->started)
			continue;
		s->ops->verdict(s, &v);
		/* the failure of a tap is told by it, and by who moved the bytes: it is the tap's */
		for (size_t k = 0; v.kind == VERDICT_ERR && k < p->n_stages + 2; k++) {
			if (all[k].kind == VERDICT_ERR &&
			    memcmp(&all[k].err, &v.err, sizeof v.err) == 0)
				all[k].kind = VERDICT_PIPE;
		}
		if (v.kind != VERDICT_OK || all[i + 1].kind == VERDICT_OK)
			all[i + 1] = v;
		all[i + 1].stage = s->name;
	}
}

void
pipeline_wait(struct pipeline *p, struct verdict *v)
{
	if (p->is_inline && p->n_started == 1 && !err_failed(p->start))
		function_run_inline(p->parts[0].stage);
	while (!pipeline_has_ended(p)) {
		pass_on_ends(p);
		loop_step(p->run.loop, -1);
	}
	if (p->has_cancel)
		loop_remove(p->run.loop, &p->canceled);
	collect(p);
	int at = verdict_choose(p->verdicts, p->n_stages + 2);
	*v = at >= 0 ? p->verdicts[at] : (struct verdict){ .kind = VERDICT_OK };
	if (err_failed(p->start)) {
		*v = (struct verdict){
			.kind = VERDICT_START,
			.err = p->start,
			.stage = p->blamed != NULL ? p->blamed->name : p->source_name,
		};
	}
}

const struct verdict *
pipeline_verdicts(const struct pipeline *p, size_t *n)
{
	*n = p->n_stages + 2;
	return p->verdicts;
}

const struct mover *
pipeline_mover(const struct pipeline *p)
{
	for (size_t i = 0; p->parts != NULL && i < p->layout.n_parts; i++) {
		if (p->parts[i].is_mover)
			return &p->parts[i].mover;
	}
	return NULL;
}
