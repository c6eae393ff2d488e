/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an archive is unpacked: the directory that -C names, or one of its own.
 *
 * Whether an archive has one top entry is known only behind its last member.  So an own directory, named
 * like the archive, is made first; when all is done and there is one thing in it, that moves up and the directory
 * goes.  Nothing that was there before is ever touched on this way.
 */
#include "engine/commit.h"
#include "run/unpacking.h"
#include "sys/dir.h"
#include "sys/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The name of an own directory: the archive's, without what its suffix tells.  NULL = out of memory. */
static char *
own_name(const char *archive)
{
	const char *slash = strrchr(archive, '/');
	const char *base = slash != NULL ? slash + 1 : archive;
	static const char more[] = ".d";
	size_t len = strlen(base);
	char *name = malloc(len + sizeof more);
	struct arc_kind kind;

	if (name == NULL)
		return NULL;
	memcpy(name, base, len + 1);
	if (arc_kind_by_name(name, &kind)) {
		do {
			*strrchr(name, '.') = '\0';
		} while (arc_kind_by_name(name, &kind));
	} else if (strrchr(name, '.') != NULL && strrchr(name, '.') != name) {
		*strrchr(name, '.') = '\0';
	} else {
		/* it cannot have the archive's own name */
		memcpy(name + len, more, sizeof more);
	}
	return name;
}

struct err
owndir_open(struct unpacking *u, int dir, const char *path)
{
	struct run *run = &u->run;
	int fds[2] = { -1, -1 };
	struct stat st;

	struct err err = dir_open_path(dir, path, SIDE_DST, &fds[0]);
	if (!err_failed(err))
		err = dir_open_path(fds[0], ".", SIDE_DST, &fds[1]);
	if (!err_failed(err))
		err = file_stat(fds[0], SIDE_DST, &st);
	struct strand *s = u->base_strand = calloc(1, sizeof *s);
	if (!err_failed(err) && s != NULL)
		run->base = node_new_base(run->nodes, fds[0], fds[1], path);
	if (s == NULL || run->base == NULL) {
		file_drop(&fds[0]);
		file_drop(&fds[1]);
		return err_failed(err) ? err : err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	}
	s->u = u;
	s->last = &s->first;
	run->base->run = s;
	run->base->job.run = batch_run;
	run->base->src = st;
	run->base->dst = st;
	if (u->opts->permissions)
		run->base->default_acl = meta_has_default_acl(fds[0]);
	return ERR_OK;
}

bool
owndir_begin_nowhere(struct unpacking *u)
{
	u->run.base = node_new_base(u->run.nodes, AT_FDCWD, -1, u->opts->report.dst);
	if (u->run.base == NULL)
		tell_operand_error(&u->run, NULL, err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1), NULL);
	return u->run.base != NULL;
}

/* Make the own directory. */
static struct err
begin_own(struct unpacking *u)
{
	u->own = own_name(u->opts->archive);
	if (u->own == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	TRY(dir_open_path(AT_FDCWD, ".", SIDE_DST, &u->above));
	TRY(dir_make(u->above, u->own, 0777));
	return owndir_open(u, u->above, u->own);
}

bool
owndir_begin(struct unpacking *u)
{
	const char *dir = u->opts->dir;
	struct err err;

	if (dir != NULL) {
		err = dir_make(AT_FDCWD, dir, 0777);
		if (err.code == EEXIST)
			err = ERR_OK;
		if (!err_failed(err))
			err = owndir_open(u, AT_FDCWD, dir);
		if (err_failed(err))
			tell_operand_error(&u->run, dir, err, NULL);
		return !err_failed(err);
	}
	if (strcmp(u->opts->archive, "-") == 0) {
		err = owndir_open(u, AT_FDCWD, ".");
		if (err_failed(err))
			tell_operand_error(&u->run, ".", err, NULL);
		return !err_failed(err);
	}
	err = begin_own(u);
	if (err.code == EEXIST)
		tell_operand_error(&u->run, u->own, err_make(EEXIST, OP_REFUSE, SIDE_DST, -1),
		    "it exists; use -C to unpack into it");
	else if (err_failed(err))
		tell_operand_error(&u->run, u->own, err, NULL);
	return !err_failed(err);
}

/* Move the one thing in the own directory up.  Fails with RENAME; it is where it was then. */
static struct err
move_up(struct unpacking *u)
{
	char aside[NAME_MAX + 1];
	const char *from = u->own;
	int below;

	/* both may have the same name: the directory steps aside for what it holds */
	if (strcmp(u->top.buf, u->own) == 0) {
		commit_aside_name(u->own, aside);
		TRY(dir_rename(u->above, u->own, aside, true));
		from = aside;
	}
	struct err err = dir_open(u->above, from, SIDE_DST, &below);
	if (!err_failed(err)) {
		err = dir_move(below, u->top.buf, u->above, u->top.buf, true);
		file_drop(&below);
	}
	if (!err_failed(err))
		return dir_remove(u->above, from);
	if (from == aside)
		(void)dir_rename(u->above, aside, u->own, true); /* the first failure is told */
	return err;
}

void
owndir_end(struct unpacking *u)
{
	struct err err = ERR_OK;

	if (u->own == NULL || u->above < 0 || u->run.base == NULL)
		return;
	if (u->top.len == 0)
		(void)dir_remove(u->above, u->own); /* nothing came; what is not empty stays */
	else if (!u->many_tops)
		err = move_up(u);
	if (err_failed(err)) {
		struct str line = STR_INIT;
		str_add_shown(&line, u->top.buf, u->top.len);
		str_adds(&line, " exists: all is in ");
		str_add_shown(&line, u->own, strlen(u->own));
		struct event ev = { .kind = EVENT_NOTE, .note = line.buf };
		if (err.code == EEXIST)
			report_emit(u->run.report, &ev);
		else
			tell_operand_error(&u->run, u->own, err, NULL);
		str_release(&line);
	}
}
