/* SPDX-License-Identifier: BSD-2-Clause */
/* Stages around stages: each takes the one it wraps, and stands in its place. */
#ifndef DECANT_WRAP_H
#define DECANT_WRAP_H

#include "pipe/stage.h"

/* What a command and all its children may use. */
struct limits {
	int64_t memory;      /* bytes of anonymous memory of the whole tree, 0 = no limit */
	int64_t deadline_ms; /* time from its start, 0 = no limit */
	bool peak;           /* note the most memory that it had, however it ends */
};

enum {
	LIMITS_FIRST_MS = 50,  /* from the start to the first sample; STAGES.md section 2.7 */
	LIMITS_EVERY_MS = 250, /* between samples: a second misses short hogs; likewise */
};

/* All of these take INNER; NULL = out of memory, INNER is then freed.  What a wrapper does not say
 * below, it leaves to INNER: its name, its ports, stopping it. */

/* Let ends of INNER that IG names pass for OK.  IG is copied. */
[[nodiscard]] struct stage *wrap_ignore(struct stage *inner, const struct verdict_ignore *ig);
/* Take INNER's success for EARLY: what was written to it in vain is nobody's failure. */
[[nodiscard]] struct stage *wrap_finish_early(struct stage *inner);
/* Run INNER's commands with SETTINGS[n] ("NAME=value", or "NAME" to remove it; copied; the last one
 * wins) on top of the environment, and in directory DIR (borrowed, AT_FDCWD = as they would). */
[[nodiscard]] struct stage *wrap_environment(
    struct stage *inner, const char *const *settings, size_t n, int dir);
/*
 * Limit INNER, a command or a wrapped one, to LIMITS: over its memory it is killed first and then
 * reported.  Memory is RssAnon of its process tree, asked first after LIMITS_FIRST_MS, then every
 * LIMITS_EVERY_MS.  The peak is the most of these and of what the system says of the largest process;
 * it is noted once by verdict(), but not of a stage that could not be started.
 */
[[nodiscard]] struct stage *wrap_limits(struct stage *inner, const struct limits *limits);

#endif
