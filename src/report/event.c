/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of events' parts, and the sum of counts. */
#include "report/event.h"

const char *
item_kind_name(enum item_kind k)
{
	static const char *const names[KIND_N] = {
		[KIND_FILE] = "file",
		[KIND_DIR] = "directory",
		[KIND_SYMLINK] = "symlink",
		[KIND_FIFO] = "fifo",
		[KIND_SOCKET] = "socket",
		[KIND_CHAR] = "char",
		[KIND_BLOCK] = "block",
	};

	return (unsigned)k < KIND_N ? names[k] : "unknown";
}

const char *
item_action_name(enum item_action a)
{
	static const char *const names[ACTION_N] = {
		[ACTION_NEW] = "new",
		[ACTION_CHANGED] = "changed",
		[ACTION_ATTRIBUTES] = "attributes",
		[ACTION_LINKED] = "linked",
		[ACTION_UNCHANGED] = "unchanged",
		[ACTION_DELETED] = "deleted",
		[ACTION_MISSING] = "missing",
		[ACTION_EXTRA] = "extra",
	};

	return (unsigned)a < ACTION_N ? names[a] : "unknown";
}

void
counts_add(struct counts *to, const struct counts *from)
{
	for (int a = 0; a < ACTION_N; a++) {
		to->items[a] += from->items[a];
		to->files[a] += from->files[a];
	}
	for (int m = 0; m < METHOD_N; m++)
		to->how[m] += from->how[m];
	to->failed += from->failed;
	to->vanished += from->vanished;
	to->changed += from->changed;
	to->lost += from->lost;
	to->logical += from->logical;
	to->written += from->written;
	to->cloned += from->cloned;
	to->holes += from->holes;
	to->verified += from->verified;
}
