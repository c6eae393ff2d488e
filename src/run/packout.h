/* SPDX-License-Identifier: BSD-2-Clause */
/* Where an archive's bytes go: blocks of the writer, and content that no buffer of ours sees. */
#ifndef DECANT_PACKOUT_H
#define DECANT_PACKOUT_H

#include "base/moved.h"
#include "base/str.h"
#include "engine/buffered.h"
#include "engine/observer.h"
#include "pipe/pieces.h"
#include "pipe/stream.h"
#include "sys/pipe.h"

/* The way out.  The writer's thread. */
struct packout {
	struct arc_drain drain;      /* first: what the module sees */
	struct out *out;             /* borrowed */
	struct pieces *pieces;       /* what packs on the way to OUT; owned, NULL = nothing */
	const struct cancel *cancel; /* borrowed */
	struct block buf;            /* for content that the kernel does not move, borrowed */
	_Atomic int64_t *live_bytes; /* counts content along */
	struct observer *observer; /* sees content of packout_content(); borrowed, NULL = nobody */
	int64_t at;                /* bytes of the archive so far */
	struct err failed;         /* the first failure to write */
	bool holds;                /* what is put is gathered in HELD */
	struct str held;           /* see packout_hold() */
	bool knows;                /* FACTS is set */
	struct fd_facts facts;     /* of OUT's descriptor */
};

/* Content in an open file. */
struct packed_range {
	int fd;      /* the file, borrowed; its position moves */
	int64_t off; /* first byte */
	int64_t len; /* number of bytes */
};

/* Prepare P to write to OUT, borrowed as the rest. */
void packout_init(struct packout *p, struct out *out, const struct cancel *cancel, struct block buf,
    _Atomic int64_t *live_bytes);
/* Pack in pieces what is written, as HOW says, from the beginning on.  Fails as pieces_new() does. */
struct err packout_pack(struct packout *p, const struct pieces_how *how);
/* All was written: write what is still to be packed.  Fails as packout_write() does. */
struct err packout_end(struct packout *p);
/* True when content may go past us: OUT is a bare descriptor and nobody looks at the bytes. */
bool packout_is_bare(const struct packout *p);
/*
 * Write the content R and PAD zeros, by the cheapest means that the two descriptors allow.
 * *READ says what went wrong on the side of the file: a failure to read, or ESTALE (CHANGED) when there was
 * less than R says; zeros stand for what is missing.  MOVED counts by which means.
 * Fails with what could not be written, or ECANCELED.
 */
struct err packout_content(struct packout *p, const struct packed_range *r, unsigned pad,
    struct moved *moved, struct err *read);
/* From now on, keep what is put instead of writing it. */
void packout_hold(struct packout *p);
/* Write what was kept, and no longer keep.  ALIGN > 0: its last ALIGN bytes are the header of a pax member
 * that is to end at a multiple of PACK_ALIGN.  Fails likewise. */
struct err packout_let_go(struct packout *p, size_t align);
/* Free what P owns. */
void packout_release(struct packout *p);
/* Write N bytes; fails likewise. */
struct err packout_write(struct packout *p, const void *bytes, size_t n);

#endif
