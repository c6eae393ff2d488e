/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that is mapped twice, back to back, so that a ring in it has no end to go around. */
#ifndef DECANT_MIRROR_H
#define DECANT_MIRROR_H

#include <stddef.h>

/* Map SIZE bytes, whole pages, zeroed, twice: byte I of the result is byte I + SIZE too.  Pages are
 * taken only when they are touched.  NULL = out of memory. */
[[nodiscard]] char *mirror_map(size_t size);
/* Undo mirror_map(SIZE).  NULL is fine. */
void mirror_unmap(char *at, size_t size);

#endif
