/* SPDX-License-Identifier: BSD-2-Clause */
/* Rewriting the attributes of a source as they are read: all that follows compares and sets these. */
#include "run/rewrite.h"

#include "run/mirror.h"
#include "run/run.h"

void
rewrite_stat(const struct run *run, struct stat *st)
{
	if (run->mirror == NULL)
		return;
	const struct rewrite *r = &run->mirror->opts->rewrite;
	st->st_mode = mode_changes_apply(&r->modes, st->st_mode, run->umask);
	st->st_uid = id_map_apply(&r->users, st->st_uid);
	st->st_gid = id_map_apply(&r->groups, st->st_gid);
}

void
rewrite_release(struct rewrite *r)
{
	mode_changes_release(&r->modes);
	id_map_release(&r->users);
	id_map_release(&r->groups);
}
