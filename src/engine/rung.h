/* SPDX-License-Identifier: BSD-2-Clause */
/* The rungs of the engine's ladder: each tries one means and says how far it came. */
#ifndef DECANT_RUNG_H
#define DECANT_RUNG_H

#include "engine/engine.h"

#include <stdbool.h>

enum {
	/* A part is cloned by whole blocks of this size: those of ext4, xfs, btrfs; larger ones refuse,
	 * and the next means goes on. */
	CLONE_BLOCK = 4096
};

/* How a rung has fared. */
enum answer {
	RUNG_DONE, /* the whole content is at the destination */
	RUNG_NEXT, /* this means does not work here; the next one goes on at the pass's DONE */
	RUNG_FAIL, /* no means would work, or none may be tried */
};

/* The way of one file down the ladder. */
struct pass {
	const struct engine *e;      /* what all files have in common */
	const struct engine_file *f; /* the file */
	struct block buf;            /* for the last rung */
	struct moved *out;           /* what was achieved; BYTES is how far the pass is done */
	int64_t end;                 /* bytes to copy; INT64_MAX = to the end, wherever it is */
	bool seek;                   /* holes are where SEEK_HOLE says */
	bool detect;                 /* holes are where the source reads as zeros */
	bool dirty;                  /* data has been written by a copying rung */
	int64_t size;                /* size that the destination has by now */
	int64_t ahead;               /* size it was given before any data, 0 = none */
	int64_t reserved;            /* bytes that blocks were reserved for */
	int64_t shared;              /* bytes of a part that were cloned */
};

/*
 * A rung: go on with P by one means.
 * After RUNG_NEXT, *WHY is the refusal, if there was one, or ERR_OK, and the destination is fit
 * for the next rung.  After RUNG_FAIL, *WHY is the failure.
 */
typedef enum answer rung(struct pass *p, struct err *why);

rung rung_clone; /* by FICLONE: all or nothing; of a part, its whole blocks */
/* True when P, a part of a file, begins at a block and has a whole one to share. */
bool rung_can_share(const struct pass *p);
rung rung_copy_range; /* by copy_file_range(2) */
rung rung_sendfile;   /* by sendfile(2) */
rung rung_buffer;     /* through P->buf; never answers RUNG_NEXT */

/* The devices of P's ends, the key to what they have refused. */
static inline struct dev_pair
pass_devs(const struct pass *p)
{
	return (struct dev_pair){ .src = p->f->st->st_dev, .dst = p->f->dst_dev };
}

#endif
