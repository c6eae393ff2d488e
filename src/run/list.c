/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb list: the decoder of unpack that makes nothing, or a walk that only tells. */
#include "run/list.h"

#include "report/listing.h"
#include "run/dirjob.h"
#include "run/listmanifest.h"
#include "run/manifestcheck.h"
#include "run/sink.h"
#include "run/tell.h"
#include "sys/dir.h"
#include "sys/owner.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

/* A directory that is listed, by one worker. */
struct listing_run {
	struct run run; /* first */
	const struct unpack_opts *opts;
	int64_t ids[2];            /* owner and group of the last entry */
	char names[2][OWNER_NAME]; /* their names */
};

/* The name of owner or GROUP ID; the last one is remembered. */
static const char *
name_of(struct listing_run *l, int64_t id, bool group)
{
	if (l->opts->numeric)
		return NULL;
	if (l->ids[group] != id)
		owner_name(id, group, l->names[group]);
	l->ids[group] = id;
	return l->names[group];
}

/* Tell E, which has ST and leads to TARGET if it is a link. */
static void
tell_entry(struct worker *w, const struct entry *e, const struct stat *st, const char *target)
{
	struct listing_run *l = (struct listing_run *)w->run;
	struct listed listed = {
		.target = target,
		.mode = st->st_mode,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.size = S_ISREG(st->st_mode)   ? st->st_size
			: S_ISLNK(st->st_mode) ? -1
					       : 0,
		.major = major(st->st_rdev),
		.minor = minor(st->st_rdev),
		.has_mtime = true,
		.mtime = st->st_mtim,
	};

	listed.user = name_of(l, st->st_uid, false);
	listed.group = name_of(l, st->st_gid, true);
	node_src_path(e->dir, e->src_name, &w->src);
	listed.path = w->src.buf;
	struct event ev = { .kind = EVENT_LISTED, .listed = &listed };
	report_emit(w->run->report, &ev);
}

static void
entered(struct worker *w, const struct node *n, const struct entry *e)
{
	tell_entry(w, e, &n->src, NULL);
}

static void
carry(struct worker *w, const struct entry *e)
{
	char target[PATH_MAX + 1];
	struct stat st;
	struct err err = dir_stat(e->dir->src_fd, e->src_name, false, SIDE_SRC, &st);
	bool is_link = !err_failed(err) && S_ISLNK(st.st_mode);

	if (is_link)
		err = dir_read_symlink(e->dir->src_fd, e->src_name, target, sizeof target);
	if (err_failed(err))
		tell_error(w, e, err, NULL);
	else
		tell_entry(w, e, &st, is_link ? target : NULL);
}

static void
give(struct run *run)
{
	struct listing_run *l = (struct listing_run *)run;
	struct err err = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);

	run->base = node_new_base(run->nodes, AT_FDCWD, -1, "");
	if (run->base != NULL)
		err = run_start_workers(run);
	if (err_failed(err)) {
		tell_operand_error(run, l->opts->archive, err, NULL);
		report_raise(run->report, EXIT_STOPPED);
		return;
	}
	struct entry e = {
		.dir = run->base,
		.src_name = l->opts->archive,
		.name = l->opts->archive,
		.operand = true,
		.follow = true,
		.type = DT_DIR,
	};
	dirjob_push(&run->workers[run->n_workers], run->base, &e);
}

static void
conclude(struct run *run)
{
	(void)run;
}

static int
list_directory(struct unpack_opts *opts)
{
	static const struct run_steps steps = { .give = give, .conclude = conclude };
	static const struct sink sink = {
		.enter = sink_enter_nothing,
		.entered = entered,
		.list = sink_no_sides,
		.carry = carry,
		.carry_at_once = sink_carry_later,
		.listed = sink_no_sides,
		.finish = sink_finish_nothing,
	};
	static const struct walk_opts walk = { .recursive = true };
	struct listing_run l = {
		.opts = opts,
		.ids = { -1, -1 },
		.run = {
			.sink = &sink,
			.request = {
				.walk = &walk,
				.select = &opts->select,
				.report = &opts->report,
				.jobs = 1,
				.dry_run = true,
				.one_tree = true,
			},
		},
	};

	return run_carry_out(&l.run, &steps);
}

int
list_run(struct unpack_opts *opts)
{
	struct stat st;

	opts->list = true;
	if (strcmp(opts->archive, "-") != 0 &&
	    !err_failed(dir_stat(AT_FDCWD, opts->archive, true, SIDE_SRC, &st)) &&
	    S_ISDIR(st.st_mode))
		return list_directory(opts);
	if (manifestcheck_is_one(opts->archive))
		return list_manifest(opts);
	return unpack_run(opts);
}
