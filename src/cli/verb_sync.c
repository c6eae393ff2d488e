/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb sync: what its own options do, and its table. */
#include "base/size.h"
#include "cli/rows.h"
#include "cli/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An option that changes nothing, because what it asks for is so. */
static enum cli_outcome
apply_nothing(struct cli *, const struct opt *, const char *)
{
	return CLI_RUN;
}

static enum cli_outcome
apply_everything(struct cli *c, const struct opt *, const char *)
{
	struct keep *k = &c->cmd->sync.copy.keep;

	k->mode = k->owner = k->times = k->links = k->xattr = k->context = true;
	return CLI_RUN;
}

static enum cli_outcome
apply_copy_links(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.copy.walk.follow = FOLLOW_ALL;
	return CLI_RUN;
}

static enum cli_outcome
apply_hard_links(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.copy.keep.links = true;
	return CLI_RUN;
}

static enum cli_outcome
apply_keep_mode(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.copy.keep.mode = true;
	return CLI_RUN;
}

static enum cli_outcome
apply_keep_owner(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.copy.keep.owner = true;
	return CLI_RUN;
}

static enum cli_outcome
apply_keep_times(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.copy.keep.times = true;
	return CLI_RUN;
}

static enum cli_outcome
apply_keep_xattrs(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.copy.keep.xattr = true;
	return CLI_RUN;
}

static enum cli_outcome
apply_sync_backup(struct cli *c, const struct opt *, const char *value)
{
	c->copy.backup = true;
	if (value != NULL)
		c->copy.control = value;
	return CLI_RUN;
}

static enum cli_outcome
apply_sync_suffix(struct cli *c, const struct opt *, const char *value)
{
	c->copy.backup = true;
	c->copy.suffix = value;
	return CLI_RUN;
}

static enum cli_outcome
apply_sync_update(struct cli *c, const struct opt *o, const char *value)
{
	struct compare_opts *compare = &c->cmd->sync.compare;
	unsigned which = UPDATE_OLDER;

	if (value != NULL && cli_choose(c, o->name, value, words_update, &which) != CLI_RUN)
		return CLI_USAGE;
	compare->update = which == UPDATE_OLDER;
	compare->ignore_existing = which == UPDATE_NONE || which == UPDATE_NONE_FAIL;
	return CLI_RUN;
}

static enum cli_outcome
apply_by_content(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.compare.by = BY_CONTENT;
	return CLI_RUN;
}

static enum cli_outcome
apply_by_size(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.compare.by = BY_SIZE;
	return CLI_RUN;
}

static enum cli_outcome
apply_by_nothing(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.compare.by = BY_NOTHING;
	return CLI_RUN;
}

/* MS times FACTOR, at most 139 years: how much more does not matter, and in nanoseconds they fit. */
static int64_t
span(int64_t ms, int64_t factor)
{
	const int64_t most = INT64_C(1) << 42;

	return ms < most / factor ? ms * factor : most;
}

static enum cli_outcome
apply_modify_window(struct cli *c, const struct opt *o, const char *value)
{
	int64_t ms;

	if (!duration_parse(value, &ms))
		return cli_complain_value(c, o->name, value, "a time such as 1, 2s or 500ms");
	c->cmd->sync.compare.window_ns = span(ms, 1) * 1000000;
	return CLI_RUN;
}

static enum cli_outcome
apply_delete(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.del.on = true;
	return CLI_RUN;
}

static enum cli_outcome
apply_delete_excluded(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.del.on = true;
	c->cmd->sync.del.excluded = true;
	return CLI_RUN;
}

/* Append an earlier tree; there is room for one an argument. */
static enum cli_outcome
add_basis(struct cli *c, struct basis_opt basis)
{
	struct sync_opts *sync = &c->cmd->sync;

	if (sync->bases == NULL)
		sync->bases = calloc(c->argc, sizeof(*sync->bases));
	if (sync->bases == NULL)
		return cli_complain(c, "out of memory", NULL);
	basis.fd = -1;
	sync->bases[sync->n_bases++] = basis;
	return CLI_RUN;
}

static enum cli_outcome
apply_link_dest(struct cli *c, const struct opt *, const char *value)
{
	return add_basis(c, (struct basis_opt){ .kind = BASIS_LINK, .path = value });
}

static enum cli_outcome
apply_compare_dest(struct cli *c, const struct opt *, const char *value)
{
	return add_basis(c, (struct basis_opt){ .kind = BASIS_COMPARE, .path = value });
}

static enum cli_outcome
apply_copy_dest(struct cli *c, const struct opt *, const char *value)
{
	return add_basis(c, (struct basis_opt){ .kind = BASIS_COPY, .path = value });
}

static enum cli_outcome
apply_clone_dest(struct cli *c, const struct opt *, const char *value)
{
	return add_basis(c, (struct basis_opt){ .kind = BASIS_CLONE, .path = value });
}

/* Append VALUE to a list of *N; there is room for one an argument. */
static enum cli_outcome
add_text(struct cli *c, const char ***list, size_t *n, const char *value)
{
	if (*list == NULL)
		*list = calloc(c->argc, sizeof(**list));
	if (*list == NULL)
		return cli_complain(c, "out of memory", NULL);
	(*list)[(*n)++] = value;
	return CLI_RUN;
}

static enum cli_outcome
apply_ignore_file(struct cli *c, const struct opt *o, const char *value)
{
	struct ignore_opts *ignore = &c->cmd->sync.ignore;

	if (value[0] == '\0' || strchr(value, '/') != NULL)
		return cli_complain_value(c, o->name, value, "a name without a slash");
	return add_text(c, &ignore->files, &ignore->n_files, value);
}

static enum cli_outcome
apply_gitignore(struct cli *c, const struct opt *o, const char *)
{
	return apply_ignore_file(c, o, ".gitignore");
}

static enum cli_outcome
apply_exclude_if_present(struct cli *c, const struct opt *o, const char *value)
{
	struct ignore_opts *ignore = &c->cmd->sync.ignore;

	if (value[0] == '\0' || strchr(value, '/') != NULL)
		return cli_complain_value(c, o->name, value, "a name without a slash");
	return add_text(c, &ignore->marks, &ignore->n_marks, value);
}

static enum cli_outcome
apply_max_size(struct cli *c, const struct opt *o, const char *value)
{
	c->cmd->sync.ignore.max_size_given = true;
	if (!size_parse(value, &c->cmd->sync.ignore.max_size))
		return cli_complain_value(c, o->name, value, "a size such as 64M or 2G");
	return CLI_RUN;
}

static enum cli_outcome
apply_min_size(struct cli *c, const struct opt *o, const char *value)
{
	if (!size_parse(value, &c->cmd->sync.ignore.min_size))
		return cli_complain_value(c, o->name, value, "a size such as 64M or 2G");
	return CLI_RUN;
}

static enum cli_outcome
apply_newer_than(struct cli *c, const struct opt *o, const char *value)
{
	struct ignore_opts *ignore = &c->cmd->sync.ignore;
	struct tm tm = { .tm_isdst = -1 };
	char *end = NULL;

	ignore->newer_given = true;
	if (value[0] == '@') {
		ignore->newer_s = strtoll(value + 1, &end, 10);
	} else {
		end = strptime(value, "%Y-%m-%d", &tm);
		if (end != NULL && (*end == ' ' || *end == 'T'))
			end = strptime(end + 1, "%H:%M:%S", &tm);
		ignore->newer_s = mktime(&tm);
	}
	if (end == NULL || *end != '\0' || end == value + 1)
		return cli_complain_value(c, o->name, value,
		    "a time such as 2026-11-21, 2026-11-21T12:00:00 or @SECONDS");
	return CLI_RUN;
}

static enum cli_outcome
apply_backup_dir(struct cli *c, const struct opt *, const char *value)
{
	c->copy.backup = true;
	c->cmd->sync.backup_dir = value;
	return CLI_RUN;
}

static enum cli_outcome
apply_chmod(struct cli *c, const struct opt *o, const char *value)
{
	struct sync_opts *sync = &c->cmd->sync;
	struct err err = mode_changes_read(&sync->rewrite.modes, value);

	if (err.op == OP_MEMORY)
		return cli_complain(c, "out of memory", NULL);
	if (err_failed(err))
		return cli_complain_value(
		    c, o->name, value, "modes such as 755, D755,F644 or go-w");
	/* an ACL would say again what the mode says no more */
	sync->copy.keep.no_acl = true;
	return CLI_RUN;
}

static enum cli_outcome
apply_chown(struct cli *c, const struct opt *o, const char *value)
{
	struct sync_opts *sync = &c->cmd->sync;
	struct rewrite *rewrite = &sync->rewrite;
	const char *colon = strchr(value, ':');
	char user[256];
	size_t len = colon != NULL ? (size_t)(colon - value) : strlen(value);
	struct err err = ERR_OK;

	snprintf(user, sizeof user, "%.*s", (int)len, value);
	if (len > 0)
		err = id_map_all(&rewrite->users, user, false);
	if (!err_failed(err) && colon != NULL && colon[1] != '\0')
		err = id_map_all(&rewrite->groups, colon + 1, true);
	if (err_failed(err) || len >= sizeof user || value[strspn(value, ":")] == '\0')
		return cli_complain_value(c, o->name, value,
		    "a user and group that exist, as USER, USER:GROUP or :GROUP");
	rewrite->chown = sync->copy.keep.owner = true;
	return CLI_RUN;
}

static enum cli_outcome
read_map(struct cli *c, const struct opt *o, const char *value, bool group)
{
	struct sync_opts *sync = &c->cmd->sync;
	struct id_map *m = group ? &sync->rewrite.groups : &sync->rewrite.users;
	const char *culprit = value;
	struct err err = id_map_read(m, value, group, &culprit);

	if (err.op == OP_MEMORY)
		return cli_complain(c, "out of memory", NULL);
	if (err_failed(err))
		return cli_complain_value(c, o->name, culprit,
		    "FROM:TO, TO a name that exists, or a number; FROM also a pattern or LOW-HIGH");
	*(group ? &sync->rewrite.groups_mapped : &sync->rewrite.users_mapped) = true;
	sync->copy.keep.owner = true;
	return CLI_RUN;
}

static enum cli_outcome
apply_usermap(struct cli *c, const struct opt *o, const char *value)
{
	return read_map(c, o, value, false);
}

static enum cli_outcome
apply_groupmap(struct cli *c, const struct opt *o, const char *value)
{
	return read_map(c, o, value, true);
}

/* rsync's minutes, or a time with its unit. */
static enum cli_outcome
apply_stop_after(struct cli *c, const struct opt *o, const char *value)
{
	int64_t *ms = &c->cmd->sync.stop_after_ms;

	if (!duration_parse(value, ms) || *ms == 0)
		return cli_complain_value(
		    c, o->name, value, "minutes, or a time such as 90s or 2h");
	*ms = span(*ms, value[strspn(value, "0123456789.")] == '\0' ? 60 : 1);
	return CLI_RUN;
}

static enum cli_outcome
apply_sparse_always(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.copy.engine.sparse = WHEN_ALWAYS;
	return CLI_RUN;
}

static enum cli_outcome
apply_sync_verbose(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.copy.report.itemize = true;
	c->cmd->sync.copy.report.unchanged = c->verbose++ > 0;
	return CLI_RUN;
}

static enum cli_outcome
apply_partial_progress(struct cli *c, const struct opt *, const char *)
{
	c->cmd->sync.partial = true;
	c->cmd->sync.copy.report.progress = PROGRESS_ALWAYS;
	return CLI_RUN;
}

#define OPTS         struct sync_opts
#define LETTER_JOBS  "j"
#define LETTER_QUIET "q"
static_assert(offsetof(struct sync_opts, copy) == 0);
static const struct opt opts[] = {
#include "cli/sync.def"
};
static_assert(COUNT(opts) <= OPT_MAX);

static const char remote[] =
    "; between machines use 'decant pack -f - . | ssh HOST decant unpack -'";
static const char no_delta[] =
    "; changed blocks are written where DEST can clone, or with '--inplace'";

/* Of rsync and cp. */
static const struct alien aliens[] = {
	{ "--address", remote },
	{ "--append", no_delta },
	{ "--append-verify", no_delta },
	{ "--block-size", no_delta },
	{ "--blocking-io", remote },
	{ "--compress", remote },
	{ "--crtimes", ": Linux cannot set the time of birth" },
	{ "--cvs-exclude", "; use '--exclude-from=FILE'" },
	{ "--delay-updates", "; each file appears whole" },
	{ "--delete-missing-args", "; use '--ignore-missing-args'" },
	{ "--dirs", "; use '--exclude=/*/*'" },
	{ "--executability", "; use '--perms'" },
	{ "--fuzzy", no_delta },
	{ "--ipv4", remote },
	{ "--ipv6", remote },
	{ "--log-file", "; use '--report=FILE'" },
	{ "--no-g", "; use '--no-preserve=ownership'" },
	{ "--no-group", "; use '--no-preserve=ownership'" },
	{ "--no-o", "; use '--no-preserve=ownership'" },
	{ "--no-owner", "; use '--no-preserve=ownership'" },
	{ "--no-p", "; use '--no-preserve=mode'" },
	{ "--no-perms", "; use '--no-preserve=mode'" },
	{ "--no-t", "; use '--no-preserve=timestamps'" },
	{ "--no-times", "; use '--no-preserve=timestamps'" },
	{ "--out-format", "; use '--json'" },
	{ "--partial-dir", "; use '--partial', which keeps parts beside the files they are of" },
	{ "--password-file", remote },
	{ "--port", remote },
	{ "--preserve", "; use '--archive'" },
	{ "--protect-args", "; names are never read by a shell" },
	{ "--rsh", remote },
	{ "--rsync-path", remote },
	{ "--secluded-args", "; names are never read by a shell" },
	{ "--server", remote },
	{ "--temp-dir", "; each file is written beside what it replaces" },
	{ "--timeout", remote },
	{ "-4", remote },
	{ "-6", remote },
	{ "-B", no_delta },
	{ "-C", "; use '--exclude-from=FILE'" },
	{ "-E", "; use '--perms'" },
	{ "-M", remote },
	{ "-N", ": Linux cannot set the time of birth" },
	{ "-T", "; each file is written beside what it replaces" },
	{ "-d", "; use '--exclude=/*/*'" },
	{ "-e", remote },
	{ "-k", "; use '-L', which follows all links" },
	{ "-s", "; names are never read by a shell" },
	{ "-y", no_delta },
	{ "-z", remote },
};

static const char *const forms[] = {
	"[OPTION]... SOURCE DEST",
	"[OPTION]... SOURCE/ DEST",
	"[OPTION]... ARCHIVE/ DEST",
	"[OPTION]... SOURCE... DEST",
	NULL,
};

static struct report_opts *
begin(struct cli *c)
{
	struct sync_opts *sync = &c->cmd->sync;

	*sync = (struct sync_opts){
		.copy = {
			.suffix = "~",
			.keep.times = true, /* without them no second run could tell what is equal */
			.walk.recursive = true,
			.select.files_end = '\n',
			.makes_dest = true,
			.plan.update = UPDATE_ALL,
			.plan.atomic = true,
			.report.resumes = true,
		},
		.compare.window_ns = -1,
	};
	return &sync->copy.report;
}

static int
run(struct command *cmd)
{
	return sync_run(&cmd->sync);
}

static void
release(struct command *cmd)
{
	free(cmd->sync.copy.select.rules);
	free(cmd->sync.bases);
	free(cmd->sync.ignore.files);
	free(cmd->sync.ignore.marks);
	rewrite_release(&cmd->sync.rewrite);
	cmd->sync.ignore = (struct ignore_opts){ 0 };
	cmd->sync.bases = NULL;
	cmd->sync.n_bases = 0;
	cmd->sync.copy.select = (struct select_opts){ 0 };
}

const struct verb verb_sync = {
	.name = "sync",
	.forms = forms,
	.purpose = "Make DEST equal to SOURCE, copying only what differs.",
	.table = { opts, COUNT(opts), aliens, COUNT(aliens), .first = false },
	.begin = begin,
	.settle = sync_settle,
	.run = run,
	.release = release,
};
