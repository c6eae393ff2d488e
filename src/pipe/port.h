/* SPDX-License-Identifier: BSD-2-Clause */
/* What one side of a stage wants to be joined to. */
#ifndef DECANT_PORT_H
#define DECANT_PORT_H

#include <stdbool.h>

/* The kinds of neighbors that a port can be joined to. */
enum want {
	WANT_NONE, /* nothing at all: a connected neighbor is an error */
	WANT_FILE, /* a regular file's descriptor: it is one, or it can do more with one */
	WANT_FD,   /* any descriptor */
	WANT_MEM,  /* blocks of ours */
	WANT_ANY,  /* whatever suits the neighbor */
	WANT_N     /* number of wants */
};

/* One side of a stage.  By value; its meaning is fixed before anything is opened or spawned. */
struct port {
	enum want want; /* what it would like */
	bool must;      /* the wish cannot be bent; a soft one gives way to a neighbor that must */
	bool stable; /* the bytes must not change once they were handed over: no splice, no tee */
};

#endif
