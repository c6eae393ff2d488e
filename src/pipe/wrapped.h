/* SPDX-License-Identifier: BSD-2-Clause */
/* What makes a wrapper: the slots that leave everything to the stage within. */
#ifndef DECANT_WRAPPED_H
#define DECANT_WRAPPED_H

#include "pipe/stage.h"

/* What every wrapper begins with. */
struct wrapped {
	struct stage stage;  /* first: a stage is cast to its wrapper */
	struct stage *inner; /* what is wrapped; owned */
};

/* The slots below forward to what S wraps; a wrapper has those that it does not override. */

/* The ports of what is wrapped. */
void wrapped_ports(const struct stage *s, struct port *in, struct port *out);
/* Start what is wrapped; S counts as started too. */
struct err wrapped_start(
    struct stage *s, const struct stage_run *run, struct in *in, struct out *out);
/* Show SPAN to what is wrapped, a tap. */
struct err wrapped_feed(struct stage *s, struct span *span);
/* Tell what is wrapped, a tap, of the end. */
struct err wrapped_end(struct stage *s, bool whole);
/* Stop what is wrapped. */
void wrapped_stop(struct stage *s, enum stop_why why);
/* The verdict of what is wrapped. */
void wrapped_verdict(struct stage *s, struct verdict *v);
/* The leader of what is wrapped. */
pid_t wrapped_leader(const struct stage *s);
/* Free what S wraps, then S itself, one allocation. */
void wrapped_free(struct stage *s);

/*
 * Make a wrapper of INNER, which it takes: SIZE bytes, zero but for the struct wrapped that they begin
 * with, which looks like INNER, works by OPS, and ends with it.
 * NULL = out of memory; INNER is then freed.
 */
[[nodiscard]] void *wrapped_new(size_t size, const struct stage_ops *ops, struct stage *inner);

#endif
