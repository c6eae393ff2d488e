/* SPDX-License-Identifier: BSD-2-Clause */
/* Headers of pax members made longer, so that what follows stands at a multiple of PACK_ALIGN. */
#ifndef DECANT_PACKALIGN_H
#define DECANT_PACKALIGN_H

#include "base/str.h"

/*
 * Make HEAD, all blocks of the header of one pax member, which begins at byte AT of the archive, so much longer
 * that it ends at a multiple of PACK_ALIGN: by a record "comment" in its extended header, which
 * readers ignore (POSIX.1-2008, pax), or by one that has nothing else.
 * Fails with MEMORY.
 */
struct err pack_align_header(struct str *head, int64_t at);

#endif
