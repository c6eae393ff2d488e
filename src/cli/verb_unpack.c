/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb unpack: its options, operands and table. */
#include "base/size.h"
#include "cli/rows.h"
#include "cli/state.h"
#include "run/list.h"

#include <stdlib.h>
#include <string.h>

static enum cli_outcome
apply_overwrite(struct cli *c, const struct opt *, const char *)
{
	c->cmd->unpack.existing = EXISTING_REPLACE;
	return CLI_RUN;
}

static enum cli_outcome
apply_keep_old(struct cli *c, const struct opt *, const char *)
{
	c->cmd->unpack.existing = EXISTING_KEEP;
	return CLI_RUN;
}

static enum cli_outcome
apply_keep_newer(struct cli *c, const struct opt *, const char *)
{
	c->cmd->unpack.existing = EXISTING_NEWER;
	return CLI_RUN;
}

static enum cli_outcome
apply_no_same_owner(struct cli *c, const struct opt *, const char *)
{
	c->cmd->unpack.same_owner = false;
	return CLI_RUN;
}

static enum cli_outcome
apply_same_permissions(struct cli *c, const struct opt *, const char *)
{
	c->cmd->unpack.permissions = true;
	c->cmd->unpack.xattrs = XATTRS_ALL;
	return CLI_RUN;
}

static enum cli_outcome
apply_unpack_verbose(struct cli *c, const struct opt *, const char *)
{
	c->cmd->unpack.report.verbose = true;
	return CLI_RUN;
}

/* Set a number of things; SUFFIXED: it may be a size. */
static enum cli_outcome
set_number(struct cli *c, const struct opt *o, const char *value, bool suffixed)
{
	int64_t *field = opt_field(c, o);
	bool plain = value[0] != '\0' && value[strspn(value, "0123456789")] == '\0';

	if ((plain || suffixed) && size_parse(value, field))
		return CLI_RUN;
	return cli_complain_value(c, o->name, value,
	    suffixed ? "none, or a size such as 4096 or 10G" : "none, or a number");
}

static enum cli_outcome
apply_most_bytes(struct cli *c, const struct opt *o, const char *value)
{
	if (strcmp(value, "none") != 0)
		return set_number(c, o, value, true);
	*(int64_t *)opt_field(c, o) = UNPACK_NO_LIMIT;
	return CLI_RUN;
}

static enum cli_outcome
apply_most(struct cli *c, const struct opt *o, const char *value)
{
	if (strcmp(value, "none") != 0)
		return set_number(c, o, value, false);
	*(int64_t *)opt_field(c, o) = UNPACK_NO_LIMIT;
	return CLI_RUN;
}

static enum cli_outcome
apply_count(struct cli *c, const struct opt *o, const char *value)
{
	int64_t *field = opt_field(c, o);
	bool plain = value[0] != '\0' && value[strspn(value, "0123456789")] == '\0';

	if (plain && size_parse(value, field) && *field <= INT32_MAX)
		return CLI_RUN;
	return cli_complain_value(c, o->name, value, "a number");
}

#define OPTS         struct unpack_opts
#define LETTER_JOBS  "j"
#define LETTER_QUIET "q"
static const struct opt opts[] = {
#include "cli/unpack.def"
};
static_assert(COUNT(opts) <= OPT_MAX);

/* Of tar, unzip, rsync. */
static const struct alien aliens[] = {
	{ "--extract", "; unpacking is what 'unpack' does" },
	{ "--file", "; the archive is the first operand" },
	{ "--get", "; unpacking is what 'unpack' does" },
	{ "--gunzip", "; compression is found out" },
	{ "--gzip", "; compression is found out" },
	{ "--keep-newer-files", "; use '--keep-newer'" },
	{ "--keep-old-files", "; use '--keep-old'" },
	{ "--numeric-owner", "; use '--numeric-ids'" },
	{ "--preserve-permissions", "; use '--same-permissions'" },
	{ "--skip-old-files", "; use '--keep-old'" },
	{ "--strip", "; use '--strip-components'" },
	{ "--xattrs", "; use '--same-permissions'" },
	{ "--xz", "; compression is found out" },
	{ "--zstd", "; compression is found out" },
	{ "-J", "; compression is found out" },
	{ "-P", "; names that lead out are never unpacked" },
	{ "-c", "; use 'decant pack'" },
	{ "-d", "; use '--directory'" },
	{ "-f", "; the archive is the first operand: decant unpack ARCHIVE" },
	{ "-h", "; use '--help'" },
	{ "-l", "; use 'decant list ARCHIVE'" },
	{ "-o", "; use '--no-same-owner'" },
	{ "-x", "; unpacking is what 'unpack' does: decant unpack ARCHIVE" },
	{ "-z", "; compression is found out" },
};

static const char *const forms[] = {
	"[OPTION]... ARCHIVE [MEMBER]...",
	"[OPTION]... - [MEMBER]...",
	NULL,
};

static struct report_opts *
begin(struct cli *c)
{
	struct unpack_opts *unpack = &c->cmd->unpack;

	*unpack = (struct unpack_opts){
		.limits = {
			.bytes = UNPACK_NO_LIMIT,
			.entries = UNPACK_ENTRIES,
			.ratio = UNPACK_RATIO,
		},
		.same_owner = true,
	};
	unpack->select.files_end = '\n';
	return &unpack->report;
}

/* Complain about the first pair of options that exclude each other. */
static enum cli_outcome
check_pairs(const struct cli *c)
{
	const struct unpack_opts *o = &c->cmd->unpack;

	const struct cli_pair pairs[] = {
		{ o->to_stdout && o->dir != NULL, "--to-stdout", "--directory" },
		{ o->to_stdout && o->report.json, "--to-stdout", "--json" },
		{ o->to_stdout && o->list, "--to-stdout", "--list" },
		{ o->to_stdout && o->dry_run, "--to-stdout", "--dry-run" },
		{ o->to_stdout && o->del.on, "--to-stdout", "--delete" },
		{ o->to_stdout && o->manifest != NULL, "--to-stdout", "--manifest" },
		{ o->list && o->manifest != NULL, "--list", "--manifest" },
		{ o->dry_run && o->manifest != NULL, "--dry-run", "--manifest" },
		{ o->list && o->del.on, "--list", "--delete" },
	};

	return cli_refuse_pairs(c, pairs, COUNT(pairs));
}

static enum cli_outcome
settle(struct cli *c)
{
	struct unpack_opts *o = &c->cmd->unpack;

	if (c->n_operands == 0)
		return cli_complain(c, "missing archive ('-' is standard input)", NULL);
	if (c->operands[0][0] == '\0')
		return cli_complain(c, "the name of the archive is empty", NULL);
	if (o->limits.ratio == 0)
		return cli_complain_value(c, "--max-ratio", "0", "none, or a number from 1");
	if (check_pairs(c) != CLI_RUN)
		return CLI_USAGE;
	if (o->del.on && o->dir == NULL)
		return cli_complain(
		    c, "--delete needs --directory: what is to be as the archive", NULL);
	if (o->del.on && c->n_operands > 1)
		return cli_complain(
		    c, "--delete is about all of an archive, not about", c->operands[1]);
	o->archive = c->operands[0];
	o->members = c->operands + 1;
	o->n_members = c->n_operands - 1;
	o->report.srcs = &o->archive;
	o->report.n_srcs = 1;
	o->report.dst = o->dir;
	o->report.dry_run = o->dry_run;
	o->report.itemize |= o->dry_run;
	return CLI_RUN;
}

static int
run(struct command *cmd)
{
	return cmd->unpack.list ? list_run(&cmd->unpack) : unpack_run(&cmd->unpack);
}

static void
release(struct command *cmd)
{
	free(cmd->unpack.select.rules);
	cmd->unpack.select = (struct select_opts){ 0 };
}

const struct verb verb_unpack = {
	.name = "unpack",
	.alias = "x",
	.forms = forms,
	.purpose = "Make the files of an archive, safely, whatever it says.",
	.table = { opts, COUNT(opts), aliens, COUNT(aliens), .first = false },
	.begin = begin,
	.settle = settle,
	.run = run,
	.release = release,
};
