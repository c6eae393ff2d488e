/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb verify: what its own options do, and its table. */
#include "cli/keep.h"
#include "cli/rows.h"
#include "cli/state.h"

#include <stdlib.h>

static enum cli_outcome
apply_archive(struct cli *c, const struct opt *, const char *)
{
	keep_set(&c->cmd->verify.keep, KEEP_ALL, true);
	return CLI_RUN;
}

static enum cli_outcome
apply_end0(struct cli *c, const struct opt *, const char *)
{
	c->cmd->verify.report.end = '\0';
	return CLI_RUN;
}

#define OPTS         struct verify_opts
#define LETTER_JOBS  "j"
#define LETTER_QUIET "q"
static const struct opt opts[] = {
#include "cli/verify.def"
};
static_assert(COUNT(opts) <= OPT_MAX);

/* Of diff, rsync, cmp. */
static const struct alien aliens[] = {
	{ "--acls", "; use '--preserve=mode'" },
	{ "--brief", "; it is the default" },
	{ "--checksum", "; it is the default" },
	{ "--delete", ", which changes nothing" },
	{ "--dereference", ", which compares links by their targets" },
	{ "--dry-run", ", which changes nothing" },
	{ "--itemize", "; it is the default" },
	{ "--no-dereference", "; it is the default" },
	{ "--recursive", "; it is the default" },
	{ "--size-only", "; use '--quick'" },
	{ "--times", "; use '--preserve=timestamps'" },
	{ "--xattrs", "; use '--preserve=xattr'" },
	{ "-L", ", which compares links by their targets" },
	{ "-R", "; it is the default" },
	{ "-c", "; contents are compared by default" },
	{ "-h", "; use '--help'" },
	{ "-i", "; it is the default" },
	{ "-n", ", which changes nothing" },
	{ "-r", "; it is the default" },
	{ "-s", "; use '-v'" },
	{ "-t", "; use '--preserve=timestamps'" },
};

static const char *const forms[] = {
	"[OPTION]... A B",
	"[OPTION]... MANIFEST [DIRECTORY]",
	"[OPTION]... ARCHIVE [DIRECTORY]",
	NULL,
};

static struct report_opts *
begin(struct cli *c)
{
	struct verify_opts *verify = &c->cmd->verify;

	*verify = (struct verify_opts){ .walk.recursive = true };
	verify->select.files_end = '\n';
	return &verify->report;
}

static enum cli_outcome
settle(struct cli *c)
{
	struct verify_opts *verify = &c->cmd->verify;

	if (c->n_operands == 0)
		return cli_complain(c, "missing operand", NULL);
	if (c->n_operands > 2)
		return cli_complain(c, "extra operand", c->operands[2]);
	verify->operands = c->operands;
	verify->n_operands = c->n_operands;
	verify->report.srcs = (const char *const *)c->operands;
	verify->report.n_srcs = 1;
	verify->report.dst = c->n_operands > 1 ? c->operands[1] : ".";
	verify->report.itemize = !verify->report.quiet;
	verify->report.compares = true;
	return CLI_RUN;
}

static int
run(struct command *cmd)
{
	return verify_run(&cmd->verify);
}

static void
release(struct command *cmd)
{
	free(cmd->verify.select.rules);
	cmd->verify.select = (struct select_opts){ 0 };
}

const struct verb verb_verify = {
	.name = "verify",
	.forms = forms,
	.purpose = "Compare two trees, or two files, and say what differs.",
	.table = { opts, COUNT(opts), aliens, COUNT(aliens), .first = false },
	.begin = begin,
	.settle = settle,
	.run = run,
	.release = release,
};
