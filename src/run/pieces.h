/* SPDX-License-Identifier: BSD-2-Clause */
/* One big file worked on in pieces, by whoever has nothing else to do. */
#ifndef DECANT_PIECES_H
#define DECANT_PIECES_H

#include "run/run.h"

/* Work on [OFF, END) of ARG's file in worker W.  Several at once, on ranges that do not meet. */
typedef struct err piece_work(struct worker *w, void *arg, int64_t off, int64_t end);

/*
 * Have WORK done on all of [0, SIZE), where that pays by several workers, W one of them.
 * All who took part are done on return.  The first failure is returned, after which no piece is begun.
 */
struct err pieces_share(struct worker *w, int64_t size, piece_work *work, void *arg);

#endif
