/* SPDX-License-Identifier: BSD-2-Clause */
/* What the options of copy mean together, with the environment and the operands. */
#include "cli/state.h"

#include <string.h>

enum cli_outcome
cli_settle_backup(struct cli *c)
{
	const char *name = "--backup";
	const char *control = c->copy.control;
	const char *suffix =
	    c->copy.suffix != NULL ? c->copy.suffix : cli_variable("SIMPLE_BACKUP_SUFFIX");
	unsigned backup = BACKUP_NONE;

	/* As cp does: a suffix that could not end a file name is no suffix. */
	if (suffix != NULL && suffix[0] != '\0' && strchr(suffix, '/') == NULL)
		c->cmd->copy.suffix = suffix;
	if (c->copy.backup) {
		backup = BACKUP_EXISTING;
		if (control == NULL || control[0] == '\0') {
			name = "VERSION_CONTROL";
			control = cli_variable(name);
		}
		if (control != NULL &&
		    cli_choose(c, name, control, words_backup, &backup) != CLI_RUN)
			return CLI_USAGE;
	}
	c->cmd->copy.plan.backup = (enum backup)backup;
	return CLI_RUN;
}

/* What one option implies for another. */
static void
settle_defaults(struct cli *c)
{
	struct copy_opts *opts = &c->cmd->copy;
	struct plan_opts *plan = &opts->plan;
	struct report_opts *report = &opts->report;

	opts->default_mode = opts->keep.default_mode;
	plan->interactive = c->copy.ask == ASK_USER;
	if (c->copy.ask == ASK_NEVER)
		plan->update = UPDATE_NONE;
	if (plan->force && (plan->link || plan->symlink))
		plan->remove_destination = true;
	if (!c->copy.follow_given)
		opts->walk.follow = opts->walk.recursive && !plan->link ? FOLLOW_NONE : FOLLOW_ALL;
	if (!opts->walk.recursive)
		opts->walk.copy_contents = true;
	if ((opts->manifest != NULL || opts->known != NULL) && opts->hash.n == 0)
		hash_algos_default(&opts->hash);
	report->dry_run = opts->dry_run;
	report->itemize |= opts->dry_run && report->print0 == PRINT0_NONE;
	report->resumes = plan->update == UPDATE_OLDER || plan->update == UPDATE_NONE;
}

/* Complain about the first pair of options that exclude each other. */
static enum cli_outcome
check_pairs(const struct cli *c)
{
	const struct copy_opts *opts = &c->cmd->copy;
	const struct plan_opts *plan = &opts->plan;
	const struct report_opts *report = &opts->report;
	bool stdin_taken =
	    opts->select.files_from != NULL && strcmp(opts->select.files_from, "-") == 0;
	bool keeps = plan->update == UPDATE_NONE || plan->update == UPDATE_NONE_FAIL;
	bool reflink = opts->engine.reflink == WHEN_ALWAYS;
	bool print0 = report->print0 != PRINT0_NONE;
	bool through = opts->through.n > 0;

	const struct cli_pair pairs[] = {
		{ c->copy.backup && c->copy.ask == ASK_NEVER, "--backup", "--no-clobber" },
		{ c->copy.backup && keeps, "--backup", "--update=none" },
		{ plan->link && plan->symlink, "--link", "--symbolic-link" },
		{ reflink && opts->engine.sparse == WHEN_ALWAYS, "--reflink=always",
		    "--sparse=always" },
		{ reflink && opts->engine.sparse == WHEN_NEVER, "--reflink=always",
		    "--sparse=never" },
		{ reflink && through, "--reflink=always", "--through" },
		{ opts->engine.sparse == WHEN_ALWAYS && through, "--sparse=always", "--through" },
		{ plan->link && through, "--link", "--through" },
		{ plan->symlink && through, "--symbolic-link", "--through" },
		{ plan->attributes_only && through, "--attributes-only", "--through" },
		{ opts->no_target_dir && opts->target_dir != NULL, "--target-directory",
		    "--no-target-directory" },
		{ opts->no_target_dir && opts->parents, "--parents", "--no-target-directory" },
		{ opts->no_target_dir && opts->select.files_from != NULL, "--files-from",
		    "--no-target-directory" },
		{ stdin_taken && plan->interactive, "--files-from=-", "--interactive" },
		{ opts->manifest != NULL && opts->dry_run, "--manifest", "--dry-run" },
		{ opts->manifest != NULL && through, "--manifest", "--through" },
		{ opts->bwlimit > 0 && through, "--bwlimit", "--through" },
		{ print0 && report->json, "--print0", "--json" },
		{ print0 && report->itemize, "--print0", "--itemize" },
		{ print0 && report->verbose, "--print0", "--verbose" },
		{ print0 && report->explain, "--print0", "--explain" },
	};

	return cli_refuse_pairs(c, pairs, COUNT(pairs));
}

static enum cli_outcome
settle_operands(struct cli *c)
{
	struct copy_opts *opts = &c->cmd->copy;
	bool listed = opts->select.files_from != NULL; /* sources are names below the one operand */
	bool dest_named = opts->target_dir == NULL;    /* the last operand is DEST */
	size_t n = c->n_operands;
	size_t most = n;

	if (n == 0 && !listed)
		return cli_complain(c, "missing file operand", NULL);
	if (n == 0 && dest_named)
		return cli_complain(c, "missing destination", NULL);
	if (n == 1 && dest_named && !listed)
		return cli_complain(c, "missing destination after", c->operands[0]);
	if (opts->no_target_dir || listed)
		most = dest_named ? 2 : 1;
	if (n > most)
		return cli_complain(c, "extra operand", c->operands[most]);

	opts->operands = c->operands;
	opts->n_operands = n;
	opts->report.srcs = (const char *const *)opts->operands;
	opts->report.n_srcs = dest_named ? n - 1 : n;
	opts->report.dst = dest_named ? opts->operands[n - 1] : opts->target_dir;
	return CLI_RUN;
}

enum cli_outcome
copy_settle(struct cli *c)
{
	if (cli_settle_backup(c) != CLI_RUN)
		return CLI_USAGE;
	settle_defaults(c);
	if (check_pairs(c) != CLI_RUN)
		return CLI_USAGE;
	return settle_operands(c);
}
