/* SPDX-License-Identifier: BSD-2-Clause */
/* What the options of sync mean together, and with the operands. */
#include "cli/state.h"

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
	return listed ? CLI_RUN : settle_contents(c, n - 1);
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
	if (check_pairs(c) != CLI_RUN)
		return CLI_USAGE;
	return settle_operands(c);
}
