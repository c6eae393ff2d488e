/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb list: its operands and table. */
#include "cli/rows.h"
#include "cli/state.h"
#include "run/list.h"

#include <stdlib.h>

#define OPTS         struct unpack_opts
#define LETTER_QUIET "q"
static const struct opt opts[] = {
#include "cli/list.def"
};
static_assert(COUNT(opts) <= OPT_MAX);

/* Of tar and ls. */
static const struct alien aliens[] = {
	{ "--file", "; the archive is the first operand" },
	{ "--list", "; listing is what 'list' does" },
	{ "--numeric-owner", "; use '--numeric-ids'" },
	{ "-R", "; directories are always entered" },
	{ "-a", "; everything is shown" },
	{ "-f", "; the archive is the first operand: decant list ARCHIVE" },
	{ "-h", "; use '--help'" },
	{ "-l", "; it is how entries are always shown" },
	{ "-t", "; listing is what 'list' does: decant list ARCHIVE" },
	{ "-v", "; everything is shown" },
	{ "-z", "; compression is found out" },
};

static const char *const forms[] = {
	"[OPTION]... ARCHIVE [MEMBER]...",
	"[OPTION]... DIRECTORY",
	"[OPTION]... MANIFEST [ENTRY]...",
	NULL,
};

static struct report_opts *
begin(struct cli *c)
{
	struct unpack_opts *list = &c->cmd->unpack;

	*list = (struct unpack_opts){
		.limits = {
			.bytes = UNPACK_NO_LIMIT,
			.entries = UNPACK_NO_LIMIT,
			.ratio = UNPACK_NO_LIMIT,
		},
	};
	list->select.files_end = '\n';
	return &list->report;
}

static enum cli_outcome
settle(struct cli *c)
{
	struct unpack_opts *o = &c->cmd->unpack;

	if (c->n_operands == 0)
		return cli_complain(c, "missing archive ('-' is standard input)", NULL);
	o->archive = c->operands[0];
	o->members = c->operands + 1;
	o->n_members = c->n_operands - 1;
	o->report.srcs = &o->archive;
	o->report.n_srcs = 1;
	return CLI_RUN;
}

static int
run(struct command *cmd)
{
	return list_run(&cmd->unpack);
}

static void
release(struct command *cmd)
{
	free(cmd->unpack.select.rules);
	cmd->unpack.select = (struct select_opts){ 0 };
}

const struct verb verb_list = {
	.name = "list",
	.alias = "ls",
	.forms = forms,
	.purpose = "Show what is in an archive, directory or manifest, as ls -l does.",
	.table = { opts, COUNT(opts), aliens, COUNT(aliens), .first = false },
	.begin = begin,
	.settle = settle,
	.run = run,
	.release = release,
};
