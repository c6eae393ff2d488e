/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Headers of tar (POSIX.1-2008, pax, "ustar Interchange Format"), as far as they are made here.
 *
 * libarchive writes any member, at the price of some hundred allocations for each; most need none of what it
 * knows, and those are formatted here by whichever thread has read them.
 */
#ifndef DECANT_TARHEAD_H
#define DECANT_TARHEAD_H

#include "pipe/archive.h"

enum {
	TAR_BLOCK = 512, /* bytes of a block */
	TAR_HEAD_MOST =
	    3 * TAR_BLOCK, /* longest that tar_head_put() makes: pax, its records, ustar */
	/* Fields of a block. */
	TAR_SIZE_AT = 124,
	TAR_SIZE_LEN = 12,
	TAR_TYPE_AT = 156,
};

/* Write VALUE in octal, its NUL included, into the field F[len]. */
void tar_octal(char *f, size_t len, uint64_t value);
/* Compute the checksum of the header BLOCK anew. */
void tar_sum(char *block);
/* Begin the extended header BLOCK, which is zeroed but for its name, with LEN bytes of records behind it;
 * tar_sum() is left to the caller. */
void tar_extended(char *block, size_t len);

/*
 * Format the header of M, a file, directory or symbolic link, at TO[TAR_HEAD_MOST].  Its length is returned:
 * 0 = this member takes a writer of the module, for the format is not PAX or USTAR, or M has something that
 * a plain header cannot say.  With PAX, times are exact.
 */
size_t tar_head_put(const struct arc_member *m, enum arc_format format, char *to);

#endif
