/* SPDX-License-Identifier: BSD-2-Clause */
/* Scope-bound ownership of memory: the safety net under the explicit, checked release. */
#ifndef DECANT_OWN_H
#define DECANT_OWN_H

#include <stdlib.h>

/* Free the pointer that P points to.  For own_mem only. */
static inline void
own_mem_drop(void *p)
{
	free(*(void **)p);
}

/* A local pointer whose memory is freed at the end of its scope; set it to NULL to give it away. */
#define own_mem __attribute__((cleanup(own_mem_drop)))

/* Abort when COND holds: a programming error, never a matter of data or environment. */
#define BUG_ON(cond)             \
	do {                     \
		if (cond)        \
			abort(); \
	} while (0)

#endif
