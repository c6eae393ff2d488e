/* SPDX-License-Identifier: BSD-2-Clause */
/* The environment of a command: ours, with settings on top. */
#ifndef DECANT_ENVIRON_H
#define DECANT_ENVIRON_H

#include "pipe/stage.h"

/*
 * Put SETTINGS on top of BASE, NULL-terminated: of each name the newest setting counts, and it replaces
 * all that BASE has of that name.  What BASE has of other names stays as it is, with or without '='.
 * *ENVP is NULL-terminated, the array the caller's to free, the strings borrowed.  Fails with MEMORY.
 */
struct err environ_make(
    const struct stage_env *settings, const char *const *base, const char ***envp);

#endif
