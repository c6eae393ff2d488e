/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sync ARCHIVE/ DIR, and unpack --delete.
 *
 * It is unpacking, but what stands there is compared with its member first, as a sync compares two files,
 * and at the end what the archive does not have is removed by the machinery of a sync: its extras are shown
 * the directories of the archive as if a walk had met them, so that its brakes hold here too.
 */
#include "run/arcsync.h"

#include "run/arcwalk.h"
#include "run/comparing.h"
#include "run/extras.h"
#include "run/ignores.h"
#include "run/memberlike.h"
#include "run/mirror.h"
#include "sys/dir.h"
#include "sys/file.h"

#include <errno.h>
#include <string.h>

bool
arcsync_names_one(const char *path, size_t *len)
{
	struct stat st;

	*len = strlen(path);
	while (*len > 1 && path[*len - 1] == '/')
		--*len;
	char *bare = strndup(path, *len);
	bool is_one = bare != NULL && !err_failed(dir_stat(AT_FDCWD, bare, true, SIDE_SRC, &st)) &&
		      S_ISREG(st.st_mode);
	free(bare);
	return is_one;
}

/* --- what is left out --- */

bool
arcsync_prepare(struct run *run)
{
	size_t n = 0;

	if (!ignores_build(run))
		return false;
	(void)rules_merges(run->mirror->rules, &n);
	if (n == 0)
		return true;
	tell_operand_error(run, run->request.report->srcs[0],
	    err_make(EOPNOTSUPP, OP_REFUSE, SIDE_SRC, -1),
	    "rules in files of its directories are not known before it is read");
	report_raise(run->report, EXIT_USAGE);
	return false;
}

bool
arcsync_leaves_out(struct unpacking *u, const char *path, size_t len, bool is_dir)
{
	struct str part = STR_INIT;
	bool out = false;

	/* a filter of the verb's own has been asked already */
	if (u->run.filter != NULL || !ignores_any(&u->run))
		return false;
	/* what is in a directory that is left out is never met */
	for (size_t end = 0; end < len && !out; end++) {
		const char *slash = memchr(path + end, '/', len - end);
		end = slash != NULL ? (size_t)(slash - path) : len;
		str_clear(&part);
		str_add(&part, path, end);
		out = err_failed(str_check(&part)) || ignores_ask(u->w, u->run.base, part.buf,
							  end < len || is_dir, RULES_SOURCE, NULL);
	}
	str_release(&part);
	return out;
}

bool
arcsync_passes_by(const struct unpacking *u, const struct arc_member *m)
{
	const struct stat nothing = { 0 };
	struct stat want;

	if (u->run.mirror == NULL || m->type != ARC_FILE || m->size < 0)
		return false;
	member_stat(m, &nothing, &want);
	return ignores_size(&u->run, &want);
}

/* --- directories --- */

struct err
arcsync_directory(
    struct unpacking *u, struct node *dir, const struct arc_member *m, struct carried *o)
{
	struct arc_member owned = *m;
	struct meeting met;

	unpack_owners(u, &owned);
	TRY(nodes_hold(u->run.nodes, dir));
	struct err err = member_meet(u->w, &owned, dir->src_fd, ".", &met);
	nodes_release(u->run.nodes, dir);
	TRY(err);
	o->action = met.differs == 0 ? ACTION_UNCHANGED : ACTION_ATTRIBUTES;
	o->note = member_words(u->w, &met);
	return ERR_OK;
}

struct err
arcsync_make_way(struct unpacking *u, struct node *parent, const char *name)
{
	struct entry e = { .dir = parent, .src_name = name, .name = name };
	struct stat st;

	TRY(dir_stat(parent->src_fd, name, false, SIDE_DST, &st));
	if (S_ISDIR(st.st_mode))
		return err_make(EEXIST, OP_MKDIR, SIDE_DST, -1);
	TRY(dir_unlink(parent->src_fd, name));
	struct carried o = {
		.what = kind_of_mode(st.st_mode),
		.action = ACTION_DELETED,
		.size = S_ISREG(st.st_mode) ? st.st_size : 0,
	};
	tell_item(u->w, &e, &o);
	return dir_make(parent->src_fd, name, 0700);
}

/* The names of M's attributes as a list that meta_drop_others() takes, in TEXT. */
static struct err
list_names(const struct arc_member *m, struct str *text)
{
	for (size_t i = 0; i < m->n_xattrs; i++)
		str_add(text, m->xattrs[i].name, strlen(m->xattrs[i].name) + 1);
	return str_check(text);
}

struct err
arcsync_mend_directory(struct unpacking *u, const struct arc_member *m, int fd, bool *equal)
{
	struct str text = STR_INIT;
	struct meeting met;

	TRY(member_meet(u->w, m, fd, ".", &met));
	*equal = met.differs == 0;
	if ((met.differs & DIFFERS_XATTR) == 0)
		return ERR_OK;
	struct err err = list_names(m, &text);
	const struct meta_names names = { .buf = text.buf, .len = text.len };
	if (!err_failed(err))
		err = meta_drop_others(&names, &u->w->others, fd, &u->run.copy->keep);
	str_release(&text);
	return err;
}

/* --- deleting --- */

static void
show_extras(struct unpacking *u, struct node *n)
{
	/* what a dry run would have made stands nowhere: the archive is not empty for that */
	n->met = u->has.paths.count;
	extras_listed(u->w, n);
}

/* Find the files that the run needs, wherever in the tree they are: the archive, and the manifest. */
static size_t
find_needed(const struct unpacking *u, struct stat needed[static 2])
{
	size_t n = 0;

	needed[n++] = u->source.st;
	if (u->note.out.fd >= 0 && !err_failed(file_stat(u->note.out.fd, SIDE_DST, &needed[n])))
		n++;
	return n;
}

void
arcsync_delete(struct unpacking *u)
{
	static const struct arcwalk walk = { .listed = show_extras };
	struct run *run = &u->run;
	bool gone = cancel_requested(&run->cancel);
	struct event ev = { .kind = EVENT_BRAKE };
	struct stat needed[2];

	if (!u->opts->del.on || run->base->dst_fd < 0 || gone)
		return;
	if (!unpack_is_whole(u))
		ev.note = "nothing is deleted: the archive could not be read to its end";
	else if (u->has.paths.full)
		ev.note = "nothing is deleted: there are too many members to know what is not one";
	if (ev.note != NULL) {
		report_emit(run->report, &ev);
		return;
	}
	run->mirror->needed = needed;
	run->mirror->n_needed = find_needed(u, needed);
	if (arcwalk_run(u, &walk))
		extras_conclude(run);
	run->mirror->n_needed = 0;
}

/* --- a run that only tells --- */

/* Open DIR if it is there. */
static bool
begin_existing(struct unpacking *u)
{
	struct err err = owndir_open(u, AT_FDCWD, u->opts->dir);

	if (err.code == ENOENT)
		return owndir_begin_nowhere(u);
	if (err_failed(err))
		tell_operand_error(&u->run, u->opts->dir, err, NULL);
	return !err_failed(err);
}

/* What making the hard link M, NAME below DIR, would be. */
static struct err
meet_link(struct unpacking *u, int dir, const char *name, struct carried *o)
{
	struct spot of = { .fd = -1, .path = STR_INIT };
	const char *of_name;
	struct stat st[2];
	int of_dir;

	struct err err = spot_find(&of, u->run.base->dst_fd, &u->link, &of_dir, &of_name);
	if (!err_failed(err))
		err = dir_stat(of_dir, of_name, false, SIDE_DST, &st[0]);
	if (!err_failed(err))
		err = dir_stat(dir, name, false, SIDE_DST, &st[1]);
	spot_release(&of);
	if (!err_failed(err) && st[0].st_dev == st[1].st_dev && st[0].st_ino == st[1].st_ino) {
		o->action = ACTION_UNCHANGED;
		o->note = NULL;
	}
	return ERR_OK;
}

/* What would become of M, which is NAME below DIR. */
static struct err
foresee(
    struct unpacking *u, const struct arc_member *m, int dir, const char *name, struct carried *o)
{
	const struct compare_opts *opts = &u->run.mirror->opts->compare;
	struct arc_member owned = *m;
	struct meeting met;

	if (m->type == ARC_HARD_LINK)
		return meet_link(u, dir, name, o);
	unpack_owners(u, &owned);
	TRY(member_meet(u->w, &owned, dir, name, &met));
	o->note = member_words(u->w, &met);
	switch (met.verdict) {
	case COMPARED_EQUAL:
		o->action = ACTION_UNCHANGED;
		break;
	case COMPARED_ATTRIBUTES:
		o->action = ACTION_ATTRIBUTES;
		break;
	case COMPARED_ABSENT:
		o->action = ACTION_NEW;
		break;
	case COMPARED_SKIP:
		o->action = ACTION_UNCHANGED;
		o->note = compare_skip_words(opts, met.st.st_ino != 0 ? &met.st : NULL);
		break;
	case COMPARED_DIR_AWAY:
		if (!comparing_is_empty(dir, name))
			return err_make(EISDIR, OP_CREATE, SIDE_DST, -1);
		o->action = ACTION_NEW;
		break;
	case COMPARED_CONTENT:
	case COMPARED_TYPE:
	case COMPARED_FILE_AWAY:
	case COMPARED_READ:
		o->action = ACTION_CHANGED;
		break;
	}
	return ERR_OK;
}

/* Tell what would become of M. */
static struct err
tell_compared(struct unpacking *u, const struct arc_member *m, size_t *culprit)
{
	bool link = m->type == ARC_HARD_LINK;
	struct carried o = {
		.what = member_kind(m->type),
		.action = link ? ACTION_LINKED : ACTION_NEW,
		.note = link ? u->link.buf : NULL,
	};
	struct entry e = { .dir = u->run.base, .src_name = u->path.buf, .name = u->path.buf };
	struct err err = err_make(ENOENT, OP_STAT, SIDE_DST, -1);
	int dir = u->run.base->dst_fd;
	const char *name;

	(void)culprit;
	if (u->path.len == 0)
		return ERR_OK;
	if (dir >= 0)
		err = spot_find(u->user, dir, &u->path, &dir, &name);
	/* where a directory is to be made there is nothing below it */
	if (!err_failed(err))
		TRY(foresee(u, m, dir, name, &o));
	else if (err.code != ENOENT && err.code != ENOTDIR && err.code != ELOOP)
		return err;
	o.size = m->type == ARC_FILE && m->size > 0 ? m->size : 0;
	if (o.action == ACTION_NEW || o.action == ACTION_CHANGED)
		o.moved.bytes = o.size;
	tell_item(u->w, &e, &o);
	return ERR_OK;
}

/* --- the verbs --- */

/* Carry out OPTS, with what a sync by SYNC knows. */
static int
run_mirrored(struct unpack_opts *opts, struct sync_opts *sync, struct unpack_for what)
{
	struct mirror mirror = { .opts = sync };
	int status = EXIT_STOPPED;

	what.mirror = &mirror;
	if (!err_failed(mirror_init(&mirror)))
		status = unpack_run_for(opts, &what);
	mirror_release(&mirror);
	return status;
}

int
arcsync_unpack(struct unpack_opts *opts)
{
	static const struct member_use use_foretell = {
		.begin = begin_existing,
		.take = unpack_foretell,
		.end = arcsync_delete,
		.counts = true,
	};
	struct sync_opts sync = { .copy.suffix = "~", .del = opts->del };
	const struct unpack_for what = { .use = opts->dry_run ? &use_foretell : &use_make };

	return run_mirrored(opts, &sync, what);
}

int
arcsync_run(struct sync_opts *opts)
{
	static const struct member_use use_compare = {
		.begin = begin_existing,
		.take = tell_compared,
		.end = arcsync_delete,
		.counts = true,
	};
	const struct copy_opts *copy = &opts->copy;
	struct spot spot = { .fd = -1, .path = STR_INIT };
	const struct unpack_for what = {
		.use = copy->dry_run ? &use_compare : &use_make,
		.user = &spot,
	};
	struct unpack_opts unpack = {
		.report = copy->report,
		.engine = copy->engine,
		.limits = { UNPACK_NO_LIMIT, UNPACK_ENTRIES, UNPACK_RATIO },
		.existing = EXISTING_COMPARE,
		.fsync = copy->fsync,
		.jobs = copy->jobs,
		.permissions = copy->keep.mode,
		.xattrs = copy->keep.xattr ? XATTRS_ALL : XATTRS_NONE,
		.del = opts->del,
		.numeric = true,
		.same_owner = copy->keep.owner,
		.dry_run = copy->dry_run,
		.dir = copy->operands[1],
		.archive = opts->archive,
	};

	int status = run_mirrored(&unpack, opts, what);
	spot_release(&spot);
	return status;
}
