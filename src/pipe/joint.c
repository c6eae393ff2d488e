/* SPDX-License-Identifier: BSD-2-Clause */
/* Joints: pipes and rings between parts, with the taps that are fused into them. */
#include "pipe/joint.h"

#include "sys/pipe.h"
#include "sys/proc.h"

#include <errno.h>
#include <stdlib.h>

enum {
	/* Capacity of a pipe with a thread of ours at one end: the most that /proc/sys/fs/pipe-max-size
	 * allows by default.  Between two commands the default, so as not to eat up the 64 MiB that a
	 * user may have in pipes (STAGES.md row 14). */
	PIPE_SIZE_OURS = 1 << 20,
};

/* A ring, and the eventfd that tells its writer of the reader's end while it waits for input. */
static struct err
open_ring(struct joint *j, const struct stage_run *run)
{
	j->ring = ring_new(run->cancel);
	if (j->ring == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	TRY(proc_eventfd(&j->hangup)); /* what fails here is released with the rest */
	out_init(&j->left, -1, false, run->bufs, run->cancel);
	in_init(&j->right, -1, false, run->bufs, run->cancel);
	j->left.ring = j->ring;
	j->left.hangup = j->hangup;
	j->right.ring = j->ring;
	return ERR_OK;
}

static struct err
open_pipe(struct joint *j, const struct joint_plan *plan, const struct stage_run *run)
{
	bool ours = plan->left_is_ours || plan->right_is_ours;
	int r;
	int w;

	TRY(pipe_make(&r, &w, ours ? PIPE_SIZE_OURS : 0));
	/* each end has its own flags: a command at the other one does not see ours */
	struct err err = plan->left_is_ours ? fd_set_nonblocking(w) : ERR_OK;
	if (!err_failed(err) && plan->right_is_ours)
		err = fd_set_nonblocking(r);
	if (err_failed(err)) {
		proc_close(&r);
		proc_close(&w);
		return err;
	}
	out_init(&j->left, w, true, run->bufs, run->cancel);
	in_init(&j->right, r, true, run->bufs, run->cancel);
	return ERR_OK;
}

struct err
joint_open(struct joint *j, const struct joint_plan *plan, const struct stage_run *run)
{
	enum link link = plan->layout->link;

	if (link == LINK_NONE)
		return ERR_OK;
	TRY(link == LINK_RING ? open_ring(j, run) : open_pipe(j, plan, run));
	j->has_left = true;
	j->has_right = true;
	return ERR_OK;
}

struct err
joint_fuse(struct joint *j, const struct layout_joint *layout, struct stage *const *stages)
{
	if (layout->taps == TAPS_NONE)
		return ERR_OK;
	j->taps.stages = calloc(layout->n_taps, sizeof(struct stage *));
	if (j->taps.stages == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t i = 0; i < layout->n_taps; i++) {
		struct stage *s = stages[layout->first_tap + i];
		if (s->kind == STAGE_TAP)
			j->taps.stages[j->taps.n++] = s;
	}
	if (layout->taps == TAPS_ON_OUT)
		j->left.taps = &j->taps;
	else
		j->right.taps = &j->taps;
	return ERR_OK;
}

struct out *
joint_take_left(struct joint *j)
{
	if (!j->has_left)
		return NULL;
	j->has_left = false;
	return &j->left;
}

struct in *
joint_take_right(struct joint *j)
{
	if (!j->has_right)
		return NULL;
	j->has_right = false;
	return &j->right;
}

void
joint_hang_up(struct joint *j, struct joint *before)
{
	if (j->ring != NULL)
		proc_eventfd_signal(j->hangup);
	if (before->ring != NULL)
		ring_hang_up(before->ring);
}

void
joint_drop(struct joint *j)
{
	/* nothing was written to them: there is nothing to lose */
	(void)out_close(joint_take_left(j));
	(void)in_close(joint_take_right(j));
}

void
joint_release(struct joint *j)
{
	joint_drop(j);
	if (j->ring != NULL)
		proc_close(&j->hangup);
	ring_free(j->ring);
	free(j->taps.stages);
}
