/* SPDX-License-Identifier: BSD-2-Clause */
/* A pipeline: stages between two ends, started together, waited for together. */
#ifndef DECANT_PIPELINE_H
#define DECANT_PIPELINE_H

#include "pipe/layout.h"
#include "pipe/mover.h"

/* Something at an outer end, open. */
struct end {
	int fd;         /* -1 = nothing */
	bool owned;     /* the pipeline closes it; else it is borrowed */
	enum want kind; /* FILE for a regular file that may be written or read by offset, FD for all
	                   * else, NONE for nothing */
	const char *name; /* for people; borrowed */
};

/* A pipeline.  One thread drives it. */
struct pipeline;

/* Make an empty one: from nothing, through nothing, to nothing.  NULL = out of memory. */
[[nodiscard]] struct pipeline *pipeline_new(void);
/* Free P and its stages; it does not run.  NULL is fine. */
void pipeline_free(struct pipeline *p);
/* Put S at the end of P; takes S, whatever the result.  Fails with MEMORY. */
struct err pipeline_add(struct pipeline *p, struct stage *s);
/* The stages of P, first to last; borrowed; *N is their number. */
struct stage *const *pipeline_stages(const struct pipeline *p, size_t *n);

/* What a pipeline moves with. */
struct pipeline_means {
	const struct engine *engine; /* for file to file, or NULL */
	struct pipepool *pipes;      /* to splice through, or NULL */
	_Atomic int64_t *live; /* bytes of the first mover, for progress; NULL = nobody looks */
	bool is_inline;        /* a lone function runs in the thread that drives */
};

/*
 * Lay P out between SOURCE and SINK and start it with RUN.  Takes the ends, whatever the result:
 * what is owned is closed as soon as nobody needs it, at the latest by pipeline_wait().
 * Nothing has been opened, spawned or started when the layout is refused: FAULT says why then.
 * A stage that cannot be started stops what was started; pipeline_wait() then tells which.
 * RUN and MEANS are borrowed until pipeline_wait() has returned.  Fails with REFUSE or MEMORY.
 */
struct err pipeline_start(struct pipeline *p, const struct stage_run *run,
    const struct pipeline_means *means, const struct end *source, const struct end *sink,
    struct layout_fault *fault);
/* Likewise, but between the streams IN and OUT of a stage, which P's first and last part take. */
struct err pipeline_start_within(struct pipeline *p, const struct stage_run *run,
    const struct pipeline_means *means, struct in *in, struct out *out);
/* True when every part has ended. */
bool pipeline_has_ended(const struct pipeline *p);
/* Ask all parts to end.  Idempotent; from the loop too. */
void pipeline_stop(struct pipeline *p, enum stop_why why);
/*
 * Drive the loop until every part has ended, then reap, join and close everything; stops it all when
 * the run's cancel is requested.  V is the verdict that matters, VERDICT_OK when all went well; it
 * points into P.
 */
void pipeline_wait(struct pipeline *p, struct verdict *v);
/* All verdicts after pipeline_wait(): of the source, the stages, and the sink; *N of them. */
const struct verdict *pipeline_verdicts(const struct pipeline *p, size_t *n);
/* How the bytes were moved between two ends, when a mover did it; after pipeline_wait(). */
const struct mover *pipeline_mover(const struct pipeline *p);

/* Make a stage of P, which it takes: a thread drives it; its ports are those of its first and last stage,
 * and it ends early when its first stage does.  MEANS is borrowed until its verdict.
 * NULL = out of memory; P is then freed. */
[[nodiscard]] struct stage *pipeline_as_stage(
    struct pipeline *p, const struct pipeline_means *means);

#endif
