/* SPDX-License-Identifier: BSD-2-Clause */
/* What all taps share: a name, a first failure, and the slots that are the same for each. */
#ifndef DECANT_TAP_H
#define DECANT_TAP_H

#include "pipe/stage.h"

/* First in each kind of tap. */
struct tap {
	struct stage stage; /* what others see */
	char *name;         /* of the stage; owned */
	struct err err;     /* the first failure */
	bool enough;        /* it wants no more: its verdict is EARLY */
};

/*
 * Make a tap of SIZE bytes, at least those of struct tap, the rest zero; OPS is static.
 * Its name is made from FMT.  NULL = out of memory.
 */
[[nodiscard, gnu::format(printf, 3, 4)]] void *tap_new(
    const struct stage_ops *ops, size_t size, const char *fmt, ...);
/* Note that T failed with E, and return it; success is passed on. */
struct err tap_note(struct tap *t, struct err e);

/* The ports of a tap that bears any bytes. */
void tap_ports(const struct stage *s, struct port *in, struct port *out);
/* The ports of a tap whose bytes must be stable. */
void tap_ports_stable(const struct stage *s, struct port *in, struct port *out);
/* The end of a tap that has nothing to do there. */
struct err tap_end_nothing(struct stage *s, bool whole);
/* The verdict of a tap: its first failure, else EARLY if it had enough. */
void tap_verdict(struct stage *s, struct verdict *v);
/* Free a tap that owns no more than its name. */
void tap_free(struct stage *s);

#endif
