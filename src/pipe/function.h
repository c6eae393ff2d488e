/* SPDX-License-Identifier: BSD-2-Clause */
/* A stage that is a function of ours, in a thread of its own. */
#ifndef DECANT_FUNCTION_H
#define DECANT_FUNCTION_H

#include "pipe/stage.h"

/*
 * What the thread does: read IN, write OUT, return.  IN and OUT (an empty and a discarding stream
 * where the stage has none) are closed after it, OUT flushed, whatever it returned.
 * *EARLY set: it has read all that it wanted; success.
 * A failure becomes the stage's verdict; a broken pipe among them VERDICT_PIPE.
 */
typedef struct err function_body(void *arg, struct in *in, struct out *out, bool *early);

/* What a function is; copied by function_new(). */
struct function {
	const char *name;           /* for people; copied */
	function_body *body;        /* what the thread does */
	void *arg;                  /* for BODY */
	void (*release)(void *arg); /* called when the stage is freed; NULL = nothing to release */
	struct port in;             /* what it wants to read from; WANT_ANY suits every function */
	struct port out;            /* what it wants to write to */
	bool identity;              /* BODY copies IN to OUT and nothing else */
};

/* Make a stage of F.  NULL = out of memory; ARG is then still the caller's. */
[[nodiscard]] struct stage *function_new(const struct function *f);

/* Make the next start() of S, a function, leave its thread out: function_run_inline() is to follow. */
void function_set_inline(struct stage *s);
/* Do what the thread of S would have done, in the calling thread; S has ended then. */
void function_run_inline(struct stage *s);

#endif
