/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparing an entry with its destination.
 *
 * A file that is unchanged costs these calls with -a:
 *
 *   newfstatat   the source
 *   newfstatat   the destination
 *   listxattrat  \ each side: no other call says that there is no ACL and no attribute, and a change
 *   listxattrat  / of one shows in no time that is compared
 */
#include "run/comparing.h"

#include "base/own.h"
#include "run/ignores.h"
#include "run/likeness.h"
#include "run/mirror.h"
#include "run/places.h"
#include "sys/file.h"
#include "sys/meta.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* What T has at its destination; no link is followed. */
static struct err
look(const struct entry *e, const struct stat *st, struct target *t)
{
	struct err err = dir_stat(e->dir->dst_fd, e->name, false, SIDE_DST, &t->dest.st);

	if (err.code == ENOENT)
		return ERR_OK;
	TRY(err);
	t->dest.exists = true;
	t->dest.same = t->dest.st.st_dev == st->st_dev && t->dest.st.st_ino == st->st_ino;
	return ERR_OK;
}

static struct err
compare_targets(const struct entry *e, unsigned *differs)
{
	char src[PATH_MAX + 1];
	char dst[PATH_MAX + 1];

	TRY(dir_read_symlink(e->dir->src_fd, e->src_name, src, sizeof src));
	struct err err = dir_read_symlink(e->dir->dst_fd, e->name, dst, sizeof dst);
	if (err_failed(err))
		return err_make(err.code, OP_READLINK, SIDE_DST, -1);
	if (strcmp(src, dst) != 0)
		*differs |= DIFFERS_TARGET;
	return ERR_OK;
}

/* Whether P, two files, have the same bytes; SEEN sees the source's, as far as they are read. */
static struct err
compare_bytes(struct worker *w, const struct pair *p, struct observer *seen, bool *same)
{
	size_t half = bufs_size(w->run->bufs) / 2;
	char *mine = w->buf;
	size_t len[2];

	*same = true;
	seen->begin(seen);
	for (int64_t off = 0; *same; off += (int64_t)half) {
		TRY(cancel_check(&w->run->cancel));
		TRY(file_pread_full(p->a_fd, mine, half, off, SIDE_SRC, &len[0]));
		TRY(file_pread_full(p->b_fd, mine + half, half, off, SIDE_DST, &len[1]));
		*same = len[0] == len[1] && memcmp(mine, mine + half, len[0]) == 0;
		seen->see(seen, mine, len[0]);
		if (len[0] < half)
			break;
	}
	return ERR_OK;
}

/* Whether P, two files that have been looked at, have the same bytes. */
static struct err
compare_ranges(struct worker *w, const struct pair *p, bool *same)
{
	struct likeness like = { 0 };
	struct err err = likeness_of_content(w, p, 0, &like);

	*same = !err_failed(err) && p->a.st_size == p->b.st_size && !like.differs;
	/* what changes just now is not the same, whatever it will be */
	return err.op == OP_CHANGED ? ERR_OK : err;
}

/* Compare the contents of PAIR; SEEN, unless NULL, sees all of the source's. */
static struct err
compare_content(struct worker *w, const struct meta_pair *pair, bool follow, struct observer *seen,
    unsigned *differs)
{
	struct pair p;
	bool same = false;
	struct err err = likeness_open(pair, follow, false, &p);

	if (!err_failed(err))
		err = likeness_look(&p);
	if (!err_failed(err) && seen != NULL)
		err = compare_bytes(w, &p, seen, &same);
	else if (!err_failed(err))
		err = compare_ranges(w, &p, &same);
	likeness_close(&p);
	TRY(err);
	*differs = (*differs & ~(unsigned)UNSURE_CONTENT) | (same ? 0 : DIFFERS_CONTENT);
	return ERR_OK;
}

static struct err
compare_xattrs(struct worker *w, const struct meta_pair *pair, unsigned *differs)
{
	const struct keep *keep = &w->run->copy->keep;
	struct meta_names *const lists[] = { &w->names, &w->others };
	struct meta_difference found;

	if (!keep->mode && !keep->xattr && !keep->context)
		return ERR_OK;
	TRY(meta_compare_at(lists, pair, keep, &found));
	if (found.how != META_ALIKE)
		*differs |= DIFFERS_XATTR;
	return ERR_OK;
}

struct err
comparing_pair(
    struct worker *w, const struct meta_pair *pair, const struct stat *st, unsigned *differs)
{
	if ((*differs & (DIFFERS_TYPE | DIFFERS_SIZE | DIFFERS_CONTENT)) != 0)
		return ERR_OK;
	if ((*differs & UNSURE_CONTENT) != 0)
		TRY(compare_content(w, pair, !S_ISREG(st->st_mode), NULL, differs));
	return compare_xattrs(w, pair, differs);
}

/* A destination with several names: another source's, or one that has more of them than its source. */
static struct err
compare_names(struct worker *w, const struct stat *st, struct target *t)
{
	bool ours;

	if (S_ISDIR(t->dest.st.st_mode) || t->dest.st.st_nlink < 2)
		return ERR_OK;
	TRY(mirror_claim(w->run->mirror, st, &t->dest.st, &ours));
	if (t->dest.st.st_nlink < 2)
		return ERR_OK;
	if (!ours || (t->differs != 0 && t->dest.st.st_nlink > st->st_nlink))
		t->differs |= DIFFERS_NAMES;
	return ERR_OK;
}

/* Find out about existing T what attributes do not tell. */
static struct err
compare_deeper(struct worker *w, const struct entry *e, const struct stat *st, struct target *t)
{
	const struct compare_opts *opts = &w->run->mirror->opts->compare;
	enum compared verdict = compare_verdict(opts, st, &t->dest.st, t->differs);
	struct meta_pair pair = { e->dir->src_fd, e->src_name, e->dir->dst_fd, e->name };

	if (verdict == COMPARED_SKIP || (t->differs & DIFFERS_TYPE) != 0)
		return ERR_OK;
	if (verdict == COMPARED_READ) {
		/* who wants a digest of what is equal need not read it again */
		t->seen = w->run->ledger != NULL;
		TRY(compare_content(
		    w, &pair, e->follow, t->seen ? &w->hashing.observer : NULL, &t->differs));
		verdict = compare_verdict(opts, st, &t->dest.st, t->differs);
	}
	if (S_ISLNK(st->st_mode))
		TRY(compare_targets(e, &t->differs));
	if ((verdict == COMPARED_EQUAL || verdict == COMPARED_ATTRIBUTES) &&
	    !S_ISDIR(st->st_mode) && !e->follow)
		TRY(compare_xattrs(w, &pair, &t->differs));
	return compare_names(w, st, t);
}

bool
comparing_is_empty(int dir, const char *name)
{
	struct dir_list list;
	struct dir_name found = { .name = name };
	own_fd fd = -1;

	if (err_failed(dir_open(dir, name, SIDE_DST, &fd)))
		return false;
	own_mem char *buf = aligned_alloc(BUFS_ALIGN, DIR_BUF_SIZE);
	if (buf == NULL || err_failed(dir_list_start(&list, fd, buf, 0)) ||
	    err_failed(dir_list_next(&list, &found)))
		return false;
	return found.name == NULL;
}

static struct action
act(enum step step, enum reason reason)
{
	return (struct action){ .step = step, .reason = reason };
}

/* What is done about a directory where E is to be. */
static struct action
act_on_directory(struct worker *w, const struct entry *e)
{
	const struct delete_opts *del = &w->run->mirror->opts->del;

	if (del->on || del->force || comparing_is_empty(e->dir->dst_fd, e->name))
		return act(STEP_AWAY, REASON_DIFFERS);
	return act(STEP_REFUSE, REASON_FULL_DIR);
}

/* Whether T is to be brought up to date as it stands: with all of its names, and no old content to save. */
static bool
may_rewrite(const struct worker *w, const struct stat *st, const struct target *t)
{
	return w->run->mirror->opts->inplace && w->run->copy->plan.backup == BACKUP_NONE &&
	       S_ISREG(st->st_mode) && S_ISREG(t->dest.st.st_mode) &&
	       (t->differs & DIFFERS_NAMES) == 0;
}

static struct action
action_of(struct worker *w, const struct entry *e, const struct stat *st, const struct target *t)
{
	const struct compare_opts *opts = &w->run->mirror->opts->compare;
	const struct stat *dst = t->dest.exists ? &t->dest.st : NULL;
	bool dir = S_ISDIR(st->st_mode);
	bool backup = w->run->copy->plan.backup != BACKUP_NONE;

	enum compared verdict = compare_verdict(opts, st, dst, t->differs);
	if (verdict == COMPARED_CONTENT && may_rewrite(w, st, t))
		return act(STEP_IN_PLACE, REASON_DIFFERS);
	switch (verdict) {
	case COMPARED_EQUAL:
		return dir ? act(STEP_MERGE, REASON_EQUAL) : act(STEP_SKIP, REASON_EQUAL);
	case COMPARED_ABSENT:
		return act(S_ISREG(st->st_mode) ? STEP_PUBLISH : STEP_CREATE, REASON_ABSENT);
	case COMPARED_ATTRIBUTES:
		return act(dir ? STEP_MERGE : STEP_ATTRIBUTES, REASON_DIFFERS);
	case COMPARED_DIR_AWAY:
		return act_on_directory(w, e);
	case COMPARED_FILE_AWAY:
		return act(STEP_UNLINK, REASON_DIFFERS);
	case COMPARED_SKIP:
		return act(STEP_SKIP, REASON_OPTION);
	case COMPARED_CONTENT:
	case COMPARED_TYPE:
	case COMPARED_READ:
		break;
	}
	return (struct action){ .step = STEP_REPLACE, .reason = REASON_DIFFERS, .backup = backup };
}

struct err
comparing_decide(struct worker *w, const struct entry *e, const struct stat *st, bool known_absent,
    struct target *t)
{
	const struct sync_opts *opts = w->run->mirror->opts;

	if (ignores_size(w->run, st)) {
		t->action = act(STEP_SKIP, REASON_LEFT_OUT);
		return ERR_OK;
	}
	if (!known_absent && e->dir->dst_fd >= 0)
		TRY(look(e, st, t));
	if (t->dest.exists && t->dest.same && !S_ISDIR(st->st_mode)) {
		t->action =
		    act(STEP_SKIP, REASON_EQUAL); /* one file by two ways: nothing to keep equal */
		return ERR_OK;
	}
	if (t->dest.exists) {
		t->differs = compare_stats(&opts->compare, st, &t->dest.st);
		if (S_ISDIR(st->st_mode) && S_ISLNK(t->dest.st.st_mode) &&
		    opts->copy.plan.keep_directory_symlink)
			t->differs = 0;
		TRY(compare_deeper(w, e, st, t));
	}
	t->action = action_of(w, e, st, t);
	if (!t->dest.exists && S_ISREG(st->st_mode) && opts->n_bases > 0 && !e->follow &&
	    t->action.step == STEP_PUBLISH)
		TRY(places_find(w, e, st, t));
	if (t->basis != NULL && t->basis->kind == BASIS_COMPARE)
		t->action = act(STEP_SKIP, REASON_EQUAL);
	return ERR_OK;
}

const char *
comparing_words(struct worker *w, const struct stat *st, const struct target *t)
{
	if (!w->run->wants_items || t->differs == 0)
		return NULL;
	str_clear(&w->why);
	compare_add_words(&w->why, t->differs, st, &t->dest.st);
	return w->why.buf;
}

struct err
comparing_directory(struct worker *w, struct node *n, int dst, const struct meta_pair *pair)
{
	TRY(file_stat(dst, SIDE_DST, &n->dst));
	n->differs = compare_stats(&w->run->mirror->opts->compare, &n->src, &n->dst);
	/* where links are followed the names lead elsewhere: attributes are set whatever they are */
	if (n->follow || n->follow_dst)
		return ERR_OK;
	return compare_xattrs(w, pair, &n->differs);
}
