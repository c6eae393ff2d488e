/* SPDX-License-Identifier: BSD-2-Clause */
/* What joins two ports: one total table. */
#ifndef DECANT_LINK_H
#define DECANT_LINK_H

#include "pipe/port.h"

/* The ways of joining two stages. */
enum link {
	LINK_NONE,   /* nothing: neither side has a stream there */
	LINK_KERNEL, /* file to file: the engine's ladder */
	LINK_PASS,   /* one side's own descriptor is handed to the other */
	LINK_PIPE,   /* an OS pipe; between two commands we hold no end of it */
	LINK_READ,   /* the consumer's thread reads a descriptor into blocks of ours */
	LINK_WRITE,  /* the producer's thread writes to a descriptor, small writes gathered */
	LINK_RING,   /* a ring in memory */
	LINK_FUSED,  /* a tap: it is shown each block in passing */
	LINK_BAD,    /* the two cannot be joined */
	LINK_N       /* number of links */
};

/* Choose the link from a producer's port OUT to a consumer's port IN: bend what is soft, then look
 * it up.  LINK_BAD when there is none.  Total and pure; never LINK_FUSED, which is the layout's. */
enum link link_choose(struct port out, struct port in);

/* The name of L as --explain prints it, e.g. "ring"; static storage. */
const char *link_name(enum link l);
/* Why one would choose L, e.g. "both ends are files"; static storage. */
const char *link_reason(enum link l);
/* The name of W as --explain prints it, e.g. "fd"; static storage. */
const char *want_name(enum want w);

#endif
