/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy of overwriting, updating and linking, as one total function. */
#include "tree/plan.h"

static struct action
act(enum step step, enum reason reason)
{
	return (struct action){ .step = step, .reason = reason };
}

static bool
is_newer(const struct stat *a, const struct stat *b)
{
	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec > b->st_mtim.tv_sec;
	return a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

static struct action
plan_absent(const struct plan_opts *opts, const struct stat *src)
{
	if (S_ISDIR(src->st_mode))
		return act(STEP_CREATE, REASON_ABSENT);
	if (opts->link)
		return act(STEP_HARD_LINK, REASON_LINK);
	if (opts->symlink)
		return act(STEP_SOFT_LINK, REASON_LINK);
	if (!S_ISREG(src->st_mode) || opts->attributes_only)
		return act(STEP_CREATE, REASON_ABSENT);
	if (opts->atomic || opts->update == UPDATE_OLDER)
		return act(STEP_PUBLISH, REASON_ATOMIC);
	return act(src->st_size >= PUBLISH_MIN ? STEP_PUBLISH : STEP_CREATE, REASON_ABSENT);
}

static struct action
plan_directory(const struct plan_opts *opts, const struct dest *dst)
{
	if (S_ISDIR(dst->st.st_mode))
		return act(STEP_MERGE, REASON_EXISTS);
	if (S_ISLNK(dst->st.st_mode) && opts->keep_directory_symlink)
		return act(STEP_MERGE, REASON_EXISTS);
	return act(STEP_REFUSE, REASON_DIR_OVER_FILE);
}

/* The step that overwrites an existing non-directory. */
static enum step
overwrite_step(const struct plan_opts *opts, const struct stat *src, const struct dest *dst)
{
	bool regular = S_ISREG(src->st_mode) && S_ISREG(dst->st.st_mode);
	bool stream =
	    S_ISCHR(dst->st.st_mode) || S_ISBLK(dst->st.st_mode) || S_ISFIFO(dst->st.st_mode);

	if (opts->backup != BACKUP_NONE || opts->remove_destination)
		return opts->atomic ? STEP_REPLACE : STEP_UNLINK;
	if (opts->link)
		return STEP_HARD_LINK;
	if (opts->symlink)
		return STEP_SOFT_LINK;
	if (S_ISREG(src->st_mode) && stream && dst->named)
		return STEP_IN_PLACE;
	if (regular && opts->break_links && dst->st.st_nlink > 1)
		return STEP_REPLACE;
	if (!regular)
		return S_ISREG(src->st_mode) || opts->atomic ? STEP_REPLACE : STEP_UNLINK;
	return opts->atomic || opts->update == UPDATE_OLDER ? STEP_REPLACE : STEP_IN_PLACE;
}

static struct action
plan_existing(const struct plan_opts *opts, const struct stat *src, const struct dest *dst)
{
	struct action a = act(STEP_IN_PLACE, REASON_EXISTS);

	switch (opts->update) {
	case UPDATE_NONE:
		return act(STEP_SKIP, REASON_KEPT);
	case UPDATE_NONE_FAIL:
		return act(STEP_REFUSE, REASON_KEPT_FAIL);
	case UPDATE_OLDER:
		if (!is_newer(src, &dst->st))
			return act(STEP_SKIP, REASON_NOT_NEWER);
		a.reason = REASON_NEWER;
		break;
	case UPDATE_ALL:
		break;
	}
	if (opts->interactive)
		return act(STEP_ASK, a.reason);
	if (opts->attributes_only && S_ISREG(src->st_mode) && S_ISREG(dst->st.st_mode))
		return act(STEP_ATTRIBUTES, REASON_ATTRIBUTES);
	a.step = overwrite_step(opts, src, dst);
	a.backup = opts->backup != BACKUP_NONE;
	return a;
}

/* Whether the source outlives the way its own file, under DST, is replaced: cp's rule. */
static bool
plan_survives(const struct plan_opts *opts, const struct stat *src, const struct dest *dst)
{
	bool other_name = dst->st.st_nlink > 1;

	if (opts->update == UPDATE_NONE || opts->link || S_ISLNK(src->st_mode))
		return false;
	if (opts->backup != BACKUP_NONE)
		return other_name || opts->force;
	return opts->remove_destination && other_name;
}

static struct action
plan_same(const struct plan_opts *opts)
{
	if (opts->update == UPDATE_NONE)
		return act(STEP_SKIP, REASON_KEPT);
	return act(opts->link ? STEP_SKIP : STEP_REFUSE, REASON_SAME_FILE);
}

struct action
plan_entry(const struct plan_opts *opts, const struct stat *src, const struct dest *dst)
{
	if (!dst->exists)
		return plan_absent(opts, src);
	if (S_ISDIR(src->st_mode))
		return plan_directory(opts, dst);
	if (S_ISDIR(dst->st.st_mode))
		return act(STEP_REFUSE, REASON_FILE_OVER_DIR);
	if (dst->same && !plan_survives(opts, src, dst))
		return plan_same(opts);
	return plan_existing(opts, src, dst);
}

const char *
plan_reason(enum reason r)
{
	static const char *const words[REASON_N] = {
		[REASON_ABSENT] = "nothing was there",
		[REASON_EXISTS] = "overwritten",
		[REASON_NEWER] = "source is newer",
		[REASON_NOT_NEWER] = "destination is not older",
		[REASON_KEPT] = "existing files stay",
		[REASON_KEPT_FAIL] = "not replacing, as --update=none-fail asks",
		[REASON_SAME_FILE] = "source and destination are the same file",
		[REASON_DIR_OVER_FILE] = "cannot replace a non-directory with a directory",
		[REASON_FILE_OVER_DIR] = "cannot replace a directory with a non-directory",
		[REASON_JUST_MADE] = "this run just made it from another source",
		[REASON_DANGLING] = "not writing through a dangling symbolic link",
		[REASON_ATTRIBUTES] = "attributes only",
		[REASON_LINK] = "link instead of a copy",
		[REASON_ATOMIC] = "appears only when complete",
		[REASON_EQUAL] = "equal",
		[REASON_DIFFERS] = "differs",
		[REASON_OPTION] = "an option says so",
		[REASON_LEFT_OUT] = "left out for its size or age",
		[REASON_FULL_DIR] =
		    "a directory that is not empty is in the way (use --delete or --force)",
	};
	return (unsigned)r < REASON_N ? words[r] : "";
}
