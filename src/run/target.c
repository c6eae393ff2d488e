/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands at the destination, what to do about it, and where the old file goes. */
#include "run/target.h"

#include "base/own.h"
#include "engine/commit.h"
#include "run/comparing.h"
#include "run/mirror.h"
#include "run/places.h"
#include "sys/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cp's rule for an operand whose destination is a symbolic link that a person named: what is BEHIND it
 * is written, unless the link itself is to be replaced.  What appears whole replaces it, but not where
 * there can be no such thing: /dev/stdout is often a link to a pipe or a terminal. */
static bool
writes_through(
    const struct worker *w, const struct entry *e, const struct stat *st, const struct stat *behind)
{
	const struct plan_opts *p = &w->run->copy->plan;

	bool stream = behind != NULL && (S_ISCHR(behind->st_mode) || S_ISBLK(behind->st_mode) ||
					    S_ISFIFO(behind->st_mode));

	return e->operand && S_ISREG(st->st_mode) && !p->link && !p->symlink &&
	       (!p->atomic || stream) && !p->remove_destination && p->backup == BACKUP_NONE;
}

/* What is at the destination is a link that a person named: see whether what is behind it is meant. */
static struct err
look_behind(struct worker *w, const struct entry *e, const struct stat *st, struct target *t)
{
	struct stat behind;
	struct err err = dir_stat(e->dir->dst_fd, e->name, true, SIDE_DST, &behind);

	if (!writes_through(w, e, st, err_failed(err) ? NULL : &behind))
		return ERR_OK;
	if (err.code == ENOENT) {
		t->action = (struct action){ .step = STEP_REFUSE, .reason = REASON_DANGLING };
		return ERR_OK;
	}
	TRY(err);
	t->dest.st = behind;
	t->through = true;
	return ERR_OK;
}

static struct err
look(struct worker *w, const struct entry *e, const struct stat *st, struct target *t)
{
	struct stat behind;
	struct err err = dir_stat(e->dir->dst_fd, e->name, false, SIDE_DST, &t->dest.st);

	if (err.code == ENOENT)
		return ERR_OK;
	TRY(err);
	t->dest.exists = true;
	if (S_ISLNK(t->dest.st.st_mode) && e->operand)
		TRY(look_behind(w, e, st, t));
	if (t->action.step == STEP_REFUSE)
		return ERR_OK;
	t->dest.named = e->operand;
	t->dest.same = t->dest.st.st_dev == st->st_dev && t->dest.st.st_ino == st->st_ino;
	/* a link that would replace what it leads to: the content would be gone */
	if (S_ISLNK(st->st_mode) &&
	    !err_failed(dir_stat(e->dir->src_fd, e->src_name, true, SIDE_SRC, &behind)))
		t->dest.same |=
		    t->dest.st.st_dev == behind.st_dev && t->dest.st.st_ino == behind.st_ino;
	return ERR_OK;
}

/* Ask on the terminal, as cp -i does. */
static bool
is_agreed(struct worker *w, const struct entry *e)
{
	struct str question = STR_INIT;

	node_dst_path(e->dir, e->name, &w->dst);
	str_add_quoted(&question, w->dst.buf, w->dst.len);
	bool agreed = report_ask(w->run->report, question.buf);
	str_release(&question);
	return agreed;
}

struct err
target_decide(struct worker *w, const struct entry *e, const struct stat *st, bool known_absent,
    struct target *t)
{
	const struct plan_opts *opts = &w->run->copy->plan;

	t->dest = (struct dest){ 0 };
	t->through = false;
	t->linked = false;
	t->differs = 0;
	t->seen = false;
	t->basis = NULL;
	t->basis_dir = -1;
	t->src_dev = st->st_dev;
	t->src_ino = st->st_ino;
	t->backup[0] = '\0';
	t->action.step = STEP_SKIP;
	if (w->run->mirror != NULL)
		return comparing_decide(w, e, st, known_absent, t);
	if (!known_absent && e->dir->dst_fd >= 0)
		TRY(look(w, e, st, t));
	if (t->action.step == STEP_REFUSE)
		return ERR_OK;
	t->action = plan_entry(opts, st, &t->dest);
	if (t->action.step != STEP_ASK)
		return ERR_OK;
	if (!is_agreed(w, e)) {
		t->action = (struct action){ .step = STEP_SKIP, .reason = REASON_KEPT };
		return ERR_OK;
	}
	struct plan_opts asked = *opts;
	asked.interactive = false;
	t->action = plan_entry(&asked, st, &t->dest);
	return ERR_OK;
}

/* The number N of a name of the form NAME.~N~, 0 = it is none. */
static unsigned long
backup_number(const char *found, const char *name, size_t len)
{
	char *end;

	if (strncmp(found, name, len) != 0 || strncmp(found + len, ".~", 2) != 0)
		return 0;
	const char *digits = found + len + 2;
	if (digits[0] < '1' || digits[0] > '9')
		return 0;
	unsigned long number = strtoul(digits, &end, 10);
	return strcmp(end, "~") == 0 ? number : 0;
}

/* The highest N of all NAME.~N~ in directory DIR. */
static struct err
highest_backup(int dir, const char *name, unsigned long *highest)
{
	struct dir_list list;
	struct dir_name found;
	own_fd fd = -1;
	own_mem char *buf = aligned_alloc(BUFS_ALIGN, DIR_BUF_SIZE);

	if (buf == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	*highest = 0;
	TRY(dir_open_path(dir, ".", SIDE_DST, &fd));
	TRY(dir_list_start(&list, fd, buf, 0));
	for (;;) {
		TRY(dir_list_next(&list, &found));
		if (found.name == NULL)
			return ERR_OK;
		unsigned long number = backup_number(found.name, name, strlen(name));
		if (number > *highest)
			*highest = number;
	}
}

static struct err
name_backup(const struct copy_opts *opts, const struct entry *e, struct target *t)
{
	unsigned long highest = 0;
	int len;

	if (opts->plan.backup != BACKUP_SIMPLE)
		TRY(highest_backup(e->dir->dst_fd, e->name, &highest));
	if (opts->plan.backup == BACKUP_NUMBERED || highest > 0)
		len = snprintf(t->backup, sizeof t->backup, "%s.~%lu~", e->name, highest + 1);
	else
		len = snprintf(t->backup, sizeof t->backup, "%s%s", e->name, opts->suffix);
	if ((size_t)len < sizeof t->backup)
		return ERR_OK;
	t->backup[0] = '\0';
	return err_make(ENAMETOOLONG, OP_RENAME, SIDE_DST, -1);
}

/* Choose the name of T's backup, which must not be the source's. */
static struct err
choose_backup(struct worker *w, const struct entry *e, struct target *t)
{
	struct stat old;

	TRY(name_backup(w->run->copy, e, t));
	if (!err_failed(dir_stat(e->dir->dst_fd, t->backup, false, SIDE_DST, &old)) &&
	    old.st_dev == t->src_dev && old.st_ino == t->src_ino) {
		t->backup[0] = '\0';
		return err_make(EEXIST, OP_RENAME, SIDE_DST, -1);
	}
	return ERR_OK;
}

struct err
target_clear(struct worker *w, const struct entry *e, struct target *t)
{
	if (!t->dest.exists)
		return ERR_OK;
	if (!t->action.backup)
		return dir_unlink(e->dir->dst_fd, e->name);
	TRY(choose_backup(w, e, t));
	struct err err = dir_rename(e->dir->dst_fd, e->name, t->backup, false);
	if (err_failed(err))
		t->backup[0] = '\0';
	return err;
}

/* Make BACKUP below DIR a second name of NAME, instead of whatever it is now. */
static struct err
link_backup(int dir, const char *name, const char *backup)
{
	char aside[NAME_MAX + 1];

	struct err err = dir_link(dir, name, false, dir, backup);
	if (err.code != EEXIST)
		return err;
	commit_aside_name(backup, aside);
	err = dir_link(dir, name, false, dir, aside);
	if (err.code == EEXIST) {
		TRY(dir_unlink(dir, aside));
		err = dir_link(dir, name, false, dir, aside);
	}
	TRY(err);
	err = dir_rename(dir, aside, backup, false);
	/* two names of one file are not renamed over each other (rename(2)): ASIDE is there still */
	(void)dir_unlink(dir, aside);
	return err;
}

struct err
target_save(struct worker *w, const struct entry *e, struct target *t)
{
	if (!t->dest.exists || !t->action.backup)
		return ERR_OK;
	if (w->run->mirror != NULL && w->run->mirror->backup_fd >= 0)
		return places_save(w, e->dir, e->name, e->dir->dst_fd, e->name);
	TRY(choose_backup(w, e, t));
	struct err err = link_backup(e->dir->dst_fd, e->name, t->backup);
	t->linked = !err_failed(err);
	if (err_failed(err))
		t->backup[0] = '\0';
	return err;
}

void
target_restore(const struct entry *e, const struct target *t)
{
	if (t->backup[0] == '\0')
		return;
	/* the failure of the new file is told; the old one stays under its backup's name at worst */
	if (t->linked)
		(void)dir_unlink(e->dir->dst_fd, t->backup);
	else
		(void)dir_rename(e->dir->dst_fd, t->backup, e->name, true);
}
