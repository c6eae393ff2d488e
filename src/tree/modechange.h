/* SPDX-License-Identifier: BSD-2-Clause */
/* --chmod: changes of modes in rsync's language, such as "D755,F644" or "go-w". */
#ifndef DECANT_MODECHANGE_H
#define DECANT_MODECHANGE_H

#include "base/err.h"

#include <sys/types.h>

/* One change. */
struct mode_change {
	enum { MODE_OF_ALL, MODE_OF_DIRS, MODE_OF_FILES } of; /* what it is about */

	enum { MODE_ADD, MODE_TAKE, MODE_BECOME } how; /* what is done with BITS */

	mode_t who;  /* permissions of those it is about; 07777 of an octal mode */
	mode_t bits; /* permissions, for all of them */
	bool masked; /* nobody was named: the umask holds */
	bool cap_x;  /* X: execution is given to directories, and where somebody has it */
};

/* Changes, in their order.  Zero-initialize. */
struct mode_changes {
	struct mode_change *list; /* [n]; owned */
	size_t n;
};

/*
 * Append the changes of TEXT to M: parts joined by commas, each of D (directories alone) or F (all else),
 * then an octal mode, or any of ugoa, one of +-= and any of rwxXst.
 * Fails with REFUSE (EINVAL), or MEMORY; M needs its release.
 */
struct err mode_changes_read(struct mode_changes *m, const char *text);
/* What becomes of MODE, with its type, under UMASK.  That of a symbolic link stays. */
mode_t mode_changes_apply(const struct mode_changes *m, mode_t mode, mode_t umask);
/* Free what M owns. */
void mode_changes_release(struct mode_changes *m);

#endif
