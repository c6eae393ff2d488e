/* SPDX-License-Identifier: BSD-2-Clause */
/* Stages around stages: each takes the one it wraps, and stands in its place. */
#ifndef DECANT_WRAP_H
#define DECANT_WRAP_H

#include "pipe/stage.h"

/* What a command and all its children may use. */
struct limits {
	int64_t memory;      /* bytes of anonymous memory of the whole tree, 0 = no limit */
	int64_t deadline_ms; /* time from its start, 0 = no limit */
	bool peak;           /* note the most memory that it had, in any case */
};

/* All of these take INNER; NULL = out of memory, INNER is then freed. */

/* Let ends of INNER that IG names pass for OK.  IG is copied. */
[[nodiscard]] struct stage *wrap_ignore(struct stage *inner, const struct verdict_ignore *ig);
/* Take INNER's success for EARLY: what was written to it in vain is nobody's failure. */
[[nodiscard]] struct stage *wrap_finish_early(struct stage *inner);
/* Run INNER's commands with SETTINGS[n] ("NAME=value", or "NAME" to remove it; copied) on top of the
 * environment, and below directory DIR (borrowed, AT_FDCWD = as they would). */
[[nodiscard]] struct stage *wrap_environment(
    struct stage *inner, const char *const *settings, size_t n, int dir);
/*
 * Limit INNER, a command or a wrapped one, to LIMITS: over its memory it is killed first and then
 * reported.  Memory is RssAnon of its process tree, asked first after 50 ms, then every 250 ms; the
 * peak is noted once, however it ends.
 */
[[nodiscard]] struct stage *wrap_limits(struct stage *inner, const struct limits *limits);

#endif
