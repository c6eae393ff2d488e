/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb copy: what its own options do, and its table. */
#include "cli/keep.h"
#include "cli/rows.h"
#include "cli/state.h"

#include <stdlib.h>
#include <string.h>

static enum cli_outcome
set_follow(struct cli *c, enum follow follow)
{
	c->cmd->copy.walk.follow = follow;
	c->copy.follow_given = true;
	return CLI_RUN;
}

static enum cli_outcome
apply_keep_links(struct cli *c, const struct opt *, const char *)
{
	c->cmd->copy.keep.links = true;
	return set_follow(c, FOLLOW_NONE);
}

static enum cli_outcome
apply_archive(struct cli *c, const struct opt *, const char *)
{
	c->cmd->copy.walk.recursive = true;
	keep_set(&c->cmd->copy.keep, KEEP_ALL, true);
	return set_follow(c, FOLLOW_NONE);
}

static enum cli_outcome
apply_interactive(struct cli *c, const struct opt *, const char *)
{
	c->copy.ask = ASK_USER;
	return CLI_RUN;
}

static enum cli_outcome
apply_no_clobber(struct cli *c, const struct opt *, const char *)
{
	c->copy.ask = ASK_NEVER;
	return CLI_RUN;
}

static enum cli_outcome
apply_update_older(struct cli *c, const struct opt *, const char *)
{
	c->cmd->copy.plan.update = UPDATE_OLDER;
	return CLI_RUN;
}

static enum cli_outcome
apply_backup(struct cli *c, const struct opt *, const char *value)
{
	c->copy.backup = true;
	if (value != NULL)
		c->copy.control = value;
	return CLI_RUN;
}

static enum cli_outcome
apply_suffix(struct cli *c, const struct opt *, const char *value)
{
	c->copy.backup = true;
	c->copy.suffix = value;
	return CLI_RUN;
}

/* Append a destination; there is room for one an argument. */
static enum cli_outcome
apply_to(struct cli *c, const struct opt *o, const char *value)
{
	struct copy_opts *copy = &c->cmd->copy;

	if (copy->n_to == COPY_TO_MAX)
		return cli_complain_more(
		    c, "extra directory", value, " for '%s' (at most %d)", o->name, COPY_TO_MAX);
	if (copy->to == NULL)
		copy->to = calloc(COPY_TO_MAX, sizeof(*copy->to));
	if (copy->to == NULL)
		return cli_complain(c, "out of memory", NULL);
	copy->to[copy->n_to++] = value;
	return CLI_RUN;
}

static enum cli_outcome
apply_verbose(struct cli *c, const struct opt *, const char *)
{
	struct report_opts *r = &c->cmd->copy.report;

	r->unchanged = r->verbose;
	r->verbose = true;
	return CLI_RUN;
}

static enum cli_outcome
apply_end0(struct cli *c, const struct opt *, const char *)
{
	c->cmd->copy.report.end = '\0';
	return CLI_RUN;
}

#define OPTS         struct copy_opts
#define LETTER_JOBS  "j"
#define LETTER_QUIET "q"
static const struct opt opts[] = {
#include "cli/copy.def"
};
static_assert(COUNT(opts) <= OPT_MAX);

/* Of cp, rsync, tar. */
static const struct alien aliens[] = {
	{ "--acls", "; use '--preserve=mode'" },
	{ "--checksum", "" },
	{ "--compress", "" },
	{ "--context", "; to keep a file's own use '--preserve=context'" },
	{ "--contents", "; copy 'SOURCE/.' for what is in SOURCE" },
	{ "--copy-links", "; use '--dereference'" },
	{ "--delete", ", which never deletes" },
	{ "--delete-after", ", which never deletes" },
	{ "--delete-excluded", ", which never deletes" },
	{ "--existing", "" },
	{ "--group", "; use '--preserve=ownership'" },
	{ "--hard-links", "; use '--preserve=links'" },
	{ "--ignore-existing", "; use '--update=none'" },
	{ "--include-from", "; use '--exclude-from' and put '!' before the pattern" },
	{ "--info", "; use '--progress' or '--stats'" },
	{ "--inplace", "; it is the default" },
	{ "--itemize-changes", "; use '--itemize'" },
	{ "--links", "; use '--no-dereference'" },
	{ "--max-delete", ", which never deletes" },
	{ "--owner", "; use '--preserve=ownership'" },
	{ "--perms", "; use '--preserve=mode'" },
	{ "--remove-source-files", ", which never removes a source" },
	{ "--times", "; use '--preserve=timestamps'" },
	{ "--whole-file", "; files are always copied whole" },
	{ "--xattrs", "; use '--preserve=xattr'" },
	{ "-A", "; use '--preserve=mode'" },
	{ "-D", "; use '--recursive'" },
	{ "-X", "; use '--preserve=xattr'" },
	{ "-Z", "; to keep a file's own context use '--preserve=context'" },
	{ "-c", "" },
	{ "-g", "; use '--preserve=ownership'" },
	{ "-h", "; use '--help'" },
	{ "-o", "; use '--preserve=ownership'" },
	{ "-z", "" },
};

static const char *const forms[] = {
	"[OPTION]... SOURCE DEST",
	"[OPTION]... SOURCE... DIRECTORY",
	"[OPTION]... -t DIRECTORY SOURCE...",
	NULL,
};

static struct report_opts *
begin(struct cli *c)
{
	struct copy_opts *copy = &c->cmd->copy;

	*copy = (struct copy_opts){ .suffix = "~" };
	copy->select.files_end = '\n';
	copy->plan.update = UPDATE_ALL;
	return &copy->report;
}

static int
run(struct command *cmd)
{
	return copy_run(&cmd->copy);
}

static void
release(struct command *cmd)
{
	struct through_opts *through = &cmd->copy.through;

	for (size_t i = 0; i < through->n; i++)
		free((void *)through->commands[i]);
	free((void *)through->commands);
	*through = (struct through_opts){ 0 };
	free((void *)cmd->copy.to);
	cmd->copy.to = NULL;
	free(cmd->copy.select.rules);
	cmd->copy.select = (struct select_opts){ 0 };
}

const struct verb verb_copy = {
	.name = "copy",
	.alias = "cp",
	.forms = forms,
	.purpose = "Copy files and trees by the cheapest means that the kernel offers.",
	.table = { opts, COUNT(opts), aliens, COUNT(aliens), .first = false },
	.begin = begin,
	.settle = copy_settle,
	.run = run,
	.release = release,
};
