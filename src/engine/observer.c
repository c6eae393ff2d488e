/* SPDX-License-Identifier: BSD-2-Clause */
/* Holes, as whoever reads them sees them. */
#include "engine/observer.h"

enum {
	ZEROS = 64 << 10 /* bytes shown at once; arbitrary, they stay in L2 */
};

struct err
observer_see_hole(struct observer *o, int64_t len, const struct cancel *c)
{
	static const char zeros[ZEROS];

	for (; len > 0; len -= ZEROS) {
		TRY(cancel_check(c));
		o->see(o, zeros, len < ZEROS ? (size_t)len : ZEROS);
	}
	return ERR_OK;
}
