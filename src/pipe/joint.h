/* SPDX-License-Identifier: BSD-2-Clause */
/* What is between two parts while a pipeline starts: it owns what it made until it is handed over. */
#ifndef DECANT_JOINT_H
#define DECANT_JOINT_H

#include "pipe/layout.h"
#include "thread/ring.h"

/* A joint.  In the pipeline's storage, where the streams stay after they were handed over. */
struct joint {
	struct out left;   /* what the left part writes to; valid if HAS_LEFT */
	struct in right;   /* what the right part reads from; valid if HAS_RIGHT */
	bool has_left;     /* there is a left part with an output */
	bool has_right;    /* there is a right part with an input */
	struct ring *ring; /* owned, or NULL */
	int hangup;        /* with a ring: eventfd, readable once the right part has ended; owned */
	struct taps taps;  /* what is shown the bytes; STAGES owned, or NULL */
};

/* What a joint between two parts is made for. */
struct joint_plan {
	const struct layout_joint *layout; /* its link and its taps */
	bool left_is_ours;                 /* a thread of ours writes it */
	bool right_is_ours;                /* a thread of ours reads it */
};

/* Make J, zeroed, as PLAN says, between two parts.  RUN is borrowed.  Fails with OPEN or MEMORY; J holds
 * nothing then. */
struct err joint_open(struct joint *j, const struct joint_plan *plan, const struct stage_run *run);
/* Fuse the taps among STAGES, those of LAYOUT, into J's streams.  Fails with MEMORY. */
struct err joint_fuse(
    struct joint *j, const struct layout_joint *layout, struct stage *const *stages);
/* The stream that the left part gets, NULL = none; it is the part's from now on. */
struct out *joint_take_left(struct joint *j);
/* The stream that the right part gets, likewise. */
struct in *joint_take_right(struct joint *j);
/* The right part of J has ended: wake the left one, should it wait for input, which it reads from BEFORE.
 * A pipe tells by itself. */
void joint_hang_up(struct joint *j, struct joint *before);
/* Close what nobody took. */
void joint_drop(struct joint *j);
/* Free what J owns; after its parts have ended. */
void joint_release(struct joint *j);

#endif
