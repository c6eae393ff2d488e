/* SPDX-License-Identifier: BSD-2-Clause */
/* What the options of sync mean together, and with the operands. */
#include "cli/state.h"
#include "run/arcsync.h"

#include <string.h>

/* Whether PATH ends in a slash, or names a directory by its inside: rsync's rule. */
static bool
means_contents(const char *path)
{
	size_t len = strlen(path);
	const char *last = strrchr(path, '/');

	last = last != NULL ? last + 1 : path;
	return len > 0 && (last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0);
}

static enum cli_outcome
settle_contents(struct cli *c, size_t n_sources)
{
	struct sync_opts *opts = &c->cmd->sync;

	for (size_t i = 0; i < n_sources && !opts->copy.parents; i++) {
		if (!opts->contents && !means_contents(c->operands[i]))
			continue;
		if (n_sources > 1)
			return cli_complain_more(c, NULL, c->operands[i],
			    " stands for what is in it, and then must be the only SOURCE");
		opts->copy.contents = true;
	}
	return CLI_RUN;
}

/* Complain about the first option that is of no use where the source is an archive. */
static enum cli_outcome
check_archive(const struct cli *c)
{
	const struct sync_opts *opts = &c->cmd->sync;
	const struct copy_opts *copy = &opts->copy;

	const struct {
		bool given;
		const char *name;
	} useless[] = {
		{ copy->walk.follow != FOLLOW_NONE, "--copy-links" },
		{ copy->plan.keep_directory_symlink, "--keep-directory-symlink" },
		{ copy->parents, "--relative" },
		{ copy->verify != READBACK_NONE, "--verify" },
		{ !copy->keep.times, "--no-preserve=timestamps" },
		{ copy->plan.backup != BACKUP_NONE, "--backup" },
		{ copy->hash.n > 0, "--hash, --manifest or --known" },
		{ copy->bwlimit > 0, "--bwlimit" },
		{ opts->inplace, "--inplace" },
		{ opts->partial, "--partial" },
		{ opts->n_bases > 0, "--link-dest or its like" },
		{ opts->require_sharing, "--require-sharing" },
		{ opts->compare.by == BY_CONTENT, "--checksum" },
		{ opts->ignore.n_files > 0, "--ignore-file" },
		{ opts->ignore.n_marks > 0, "--exclude-if-present" },
		{ opts->ignore.caches, "--exclude-caches" },
		{ opts->why != NULL, "--why" },
		{ opts->prune_empty, "--prune-empty-dirs" },
		{ opts->rewrite.modes.n > 0, "--chmod" },
		{ opts->rewrite.chown, "--chown" },
		{ opts->rewrite.users_mapped || opts->rewrite.groups_mapped,
		    "--usermap or --groupmap" },
		{ opts->remove_source, "--remove-source-files" },
		{ opts->del.force, "--force" },
		{ opts->lock, "--lock" },
		{ opts->stop_after_ms > 0, "--stop-after" },
		{ copy->report.print0 != PRINT0_NONE, "--print0" },
	};

	for (size_t i = 0; i < COUNT(useless); i++) {
		if (useless[i].given)
			return cli_complain_more(c, NULL, c->operands[0],
			    " is an archive, which %s is not for", useless[i].name);
	}
	return CLI_RUN;
}

/* An archive with a slash behind it stands for what is in it. */
static enum cli_outcome
settle_archive(struct cli *c)
{
	struct sync_opts *opts = &c->cmd->sync;
	size_t len;

	if (!opts->copy.contents || !arcsync_names_one(c->operands[0], &len))
		return CLI_RUN;
	c->operands[0][len] = '\0';
	opts->archive = c->operands[0];
	return check_archive(c);
}

static enum cli_outcome
settle_operands(struct cli *c)
{
	struct sync_opts *opts = &c->cmd->sync;
	bool listed = opts->copy.select.files_from != NULL;
	size_t n = c->n_operands;

	if (n == 0)
		return cli_complain(c, "missing source operand", NULL);
	if (n == 1)
		return cli_complain(c, "missing destination after", c->operands[0]);
	if (listed && n > 2)
		return cli_complain(c, "extra operand", c->operands[2]);
	if (c->operands[n - 1][0] == '\0')
		return cli_complain(c, "empty destination", c->operands[n - 1]);
	opts->copy.operands = c->operands;
	opts->copy.n_operands = n;
	opts->copy.report.srcs = (const char *const *)c->operands;
	opts->copy.report.n_srcs = n - 1;
	opts->copy.report.dst = c->operands[n - 1];
	if (listed)
		return CLI_RUN;
	return settle_contents(c, n - 1) == CLI_RUN ? settle_archive(c) : CLI_USAGE;
}

/* Complain about the first pair of options that exclude each other. */
static enum cli_outcome
check_pairs(const struct cli *c)
{
	const struct sync_opts *opts = &c->cmd->sync;
	const struct report_opts *report = &opts->copy.report;
	bool print0 = report->print0 != PRINT0_NONE;
	bool reflink = opts->copy.engine.reflink == WHEN_ALWAYS;

	const struct cli_pair pairs[] = {
		{ opts->del.on && opts->copy.select.files_from != NULL, "--delete",
		    "--files-from" },
		{ reflink && opts->copy.engine.sparse == WHEN_ALWAYS, "--reflink=always",
		    "--sparse=always" },
		{ reflink && opts->copy.engine.sparse == WHEN_NEVER, "--reflink=always",
		    "--sparse=never" },
		{ opts->copy.manifest != NULL && opts->copy.dry_run, "--manifest", "--dry-run" },
		{ opts->copy.manifest != NULL && opts->why != NULL, "--manifest", "--why" },
		/* a file that is only half updated would be newer than its source, and stay so */
		{ opts->inplace && opts->compare.update, "--inplace", "--update" },
		{ opts->rewrite.chown && opts->rewrite.users_mapped, "--chown", "--usermap" },
		{ opts->rewrite.chown && opts->rewrite.groups_mapped, "--chown", "--groupmap" },
		{ print0 && report->json, "--print0", "--json" },
		{ print0 && report->itemize, "--print0", "--itemize" },
		{ print0 && report->explain, "--print0", "--explain" },
	};

	return cli_refuse_pairs(c, pairs, COUNT(pairs));
}

enum cli_outcome
sync_settle(struct cli *c)
{
	struct sync_opts *opts = &c->cmd->sync;
	const struct keep *keep = &opts->copy.keep;

	if (cli_settle_backup(c) != CLI_RUN)
		return CLI_USAGE;
	/* rsync's: simple backups, whose names have no suffix where they have a directory of their own */
	if (c->copy.backup && c->copy.control == NULL)
		opts->copy.plan.backup = BACKUP_SIMPLE;
	opts->backup_suffix = c->copy.suffix != NULL && c->copy.suffix[0] != '\0';
	opts->compare.mode = keep->mode;
	opts->compare.owner = keep->owner;
	opts->compare.times = keep->times;
	opts->copy.report.dry_run = opts->copy.dry_run;
	opts->copy.report.itemize |= opts->copy.dry_run && opts->copy.report.print0 == PRINT0_NONE;
	if ((opts->copy.manifest != NULL || opts->copy.known != NULL) && opts->copy.hash.n == 0)
		hash_algos_default(&opts->copy.hash);
	if (check_pairs(c) != CLI_RUN)
		return CLI_USAGE;
	return settle_operands(c);
}
