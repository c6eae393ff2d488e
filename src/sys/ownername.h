/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of users and groups, as the system's databases have them. */
#ifndef DECANT_OWNERNAME_H
#define DECANT_OWNERNAME_H

#include <stdbool.h>
#include <stdint.h>

/* The name of user (or GROUP) ID, which the caller frees; NULL = it has none, or nobody can tell.
 * Any thread.  May block for as long as the system's databases do. */
[[nodiscard]] char *ownername_get(uint32_t id, bool group);

#endif
