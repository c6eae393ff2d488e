/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stream packed in pieces of one size, on many threads: members of gzip, frames of zstd, one behind the
 * other, as anything that reads these takes them.  What comes out does not depend on the number of threads.
 *
 * With an index, in the seekable format of zstd (contrib/seekable_format/zstd_seekable_compression_format.md
 * in its source, version 0.1.0): behind the last frame stands one that every reader skips, of
 *
 *     magic 0x184D2A5E, size of the rest
 *     for each frame: bytes packed, bytes unpacked
 *     number of frames, flags (0: no checksums here), magic 0x8F92EAB1
 *
 * all of them 32 bits, little-endian, but for the flags, which have 8.
 */
#ifndef DECANT_PIECES_H
#define DECANT_PIECES_H

#include "pipe/archive.h"
#include "pipe/stream.h"

enum {
	PIECES_INDEX_HEAD = 8,  /* bytes before the index's entries */
	PIECES_INDEX_ENTRY = 8, /* bytes of one */
	PIECES_INDEX_FOOT = 9,  /* bytes behind them */
};

static const uint32_t pieces_index_magic = 0x184D2A5E; /* of the frame that is skipped */
static const uint32_t pieces_foot_magic = 0x8F92EAB1;  /* at the end of all */

/* How pieces are packed. */
struct pieces_how {
	const struct arc_coding *coding; /* borrowed */
	enum arc_filter filter;          /* GZIP or ZSTD */
	int level;                       /* of packing, or ARC_LEVEL_DEFAULT */
	unsigned threads;                /* 1 or more */
	size_t size;                     /* bytes of a piece */
	bool index;                      /* with ZSTD: an index at the end */
};

/* A stream that is packed, by one thread that writes it; opaque. */
struct pieces;

/* Begin to pack into OUT, borrowed, as HOW says, which is copied.  Fails with MEMORY, THREAD. */
struct err pieces_new(const struct pieces_how *how, struct out *out, struct pieces **p);
/* The next N bytes of the stream.  Blocks; fails as writing to OUT does, or as packing. */
struct err pieces_write(struct pieces *p, const void *bytes, size_t n);
/* The stream has ended: write all that is left.  Blocks; fails likewise. */
struct err pieces_end(struct pieces *p);
/* Free P; NULL is fine. */
void pieces_free(struct pieces *p);

/* Pack all of IN into OUT.  Blocks; fails as these and all of the above do. */
struct err pieces_pack(const struct pieces_how *how, struct in *in, struct out *out);

#endif
