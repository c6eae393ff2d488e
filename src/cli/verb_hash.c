/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb hash: what its own options do, and its table. */
#include "cli/rows.h"
#include "cli/state.h"

#include <stdlib.h>
#include <string.h>

static enum cli_outcome
apply_hash_no_dereference(struct cli *c, const struct opt *, const char *)
{
	c->cmd->hash.walk.follow = FOLLOW_NONE;
	return CLI_RUN;
}

static enum cli_outcome
apply_hash_follow_operands(struct cli *c, const struct opt *, const char *)
{
	c->cmd->hash.walk.follow = FOLLOW_ARGS;
	return CLI_RUN;
}

static enum cli_outcome
apply_hash_dereference(struct cli *c, const struct opt *, const char *)
{
	c->cmd->hash.walk.follow = FOLLOW_ALL;
	return CLI_RUN;
}

#define OPTS         struct hash_opts
#define LETTER_JOBS  "j"
#define LETTER_QUIET "q"
static const struct opt opts[] = {
#include "cli/hash.def"
};
static_assert(COUNT(opts) <= OPT_MAX);

/* Of sha256sum, xxhsum, cksum, hashdeep. */
static const struct alien aliens[] = {
	{ "--binary", "; files are always read as they are" },
	{ "--length", "" },
	{ "--recursive", ", which goes into directories anyway" },
	{ "--text", "; files are always read as they are" },
	{ "--untagged", "; it is the default" },
	{ "-b", "; files are always read as they are" },
	{ "-h", "; use '--help'" },
	{ "-l", "" },
	{ "-r", ", which goes into directories anyway" },
	{ "-t", "; files are always read as they are" },
};

static const char *const forms[] = {
	"[OPTION]... PATH...",
	"[OPTION]... -c FILE",
	NULL,
};

static struct report_opts *
begin(struct cli *c)
{
	struct hash_opts *hash = &c->cmd->hash;

	*hash = (struct hash_opts){ 0 };
	hash->select.files_end = '\n';
	hash->walk.recursive = true;
	hash->walk.follow = FOLLOW_ARGS;
	return &hash->report;
}

/* Complain about the first pair of options that exclude each other. */
static enum cli_outcome
check_pairs(const struct cli *c)
{
	const struct hash_opts *hash = &c->cmd->hash;
	bool several = hash->hash.n > 1;
	bool checks = hash->check != NULL;
	bool many_trees = hash->tree && hash->manifest != NULL &&
			  (c->n_operands != 1 || hash->select.files_from != NULL);

	const struct cli_pair pairs[] = {
		{ checks && hash->tree, "--check", "--tree" },
		{ checks && hash->manifest != NULL, "--check", "--manifest" },
		{ checks && hash->known != NULL, "--check", "--known" },
		{ checks && hash->tag, "--check", "--tag" },
		{ checks && hash->select.files_from != NULL, "--check", "--files-from" },
		{ checks && hash->unsorted, "--check", "--unsorted" },
		{ hash->tree && hash->unsorted, "--tree", "--unsorted" },
		{ hash->tree && hash->report.json, "--tree", "--json" },
		{ hash->report.json && hash->zero, "--json", "--zero" },
		{ hash->tree && hash->select.files_from != NULL, "--tree", "--files-from" },
	};

	if (cli_refuse_pairs(c, pairs, COUNT(pairs)) != CLI_RUN)
		return CLI_USAGE;
	if (many_trees)
		return cli_complain(c, "--tree and --manifest together want one operand", NULL);

	const struct {
		bool given;
		const char *name;
	} only[] = {
		{ hash->ignore_missing, "--ignore-missing" },
		{ hash->status, "--status" },
		{ hash->strict, "--strict" },
		{ hash->warn, "--warn" },
	};

	for (size_t i = 0; i < COUNT(only); i++) {
		if (only[i].given && !checks)
			return cli_complain_more(
			    c, NULL, only[i].name, " is meaningful only with --check");
	}
	/* lines without a tag would not say which of them they are by */
	c->cmd->hash.tag |= several;
	return CLI_RUN;
}

static enum cli_outcome
settle_operands(struct cli *c)
{
	struct hash_opts *hash = &c->cmd->hash;
	bool listed = hash->select.files_from != NULL;
	size_t n = c->n_operands;

	if (n == 0 && !listed && hash->check == NULL)
		return cli_complain(c, "missing file operand", NULL);
	if (n > 0 && hash->check != NULL)
		return cli_complain(c, "extra operand", c->operands[0]);
	if (n > 1 && listed)
		return cli_complain(c, "extra operand", c->operands[1]);
	hash->operands = c->operands;
	hash->n_operands = n;
	hash->report.srcs = (const char *const *)hash->operands;
	hash->report.n_srcs = n;
	return CLI_RUN;
}

static enum cli_outcome
settle(struct cli *c)
{
	struct hash_opts *hash = &c->cmd->hash;

	hash->hash_given = hash->hash.n > 0;
	if (hash->check == NULL && !hash->hash_given)
		hash_algos_default(&hash->hash);
	if (check_pairs(c) != CLI_RUN)
		return CLI_USAGE;
	hash->report.unchanged = true; /* every file is an event of --json */
	if (hash->zero && hash->check == NULL)
		hash->report.end = '\0';
	if (hash->check != NULL) {
		hash->no_ok = hash->report.quiet;
		hash->report.quiet = false;
	}
	return settle_operands(c);
}

static int
run(struct command *cmd)
{
	return hash_run(&cmd->hash);
}

static void
release(struct command *cmd)
{
	free(cmd->hash.select.rules);
	cmd->hash.select = (struct select_opts){ 0 };
}

const struct verb verb_hash = {
	.name = "hash",
	.forms = forms,
	.purpose = "Print digests of files and trees, or check files against them.",
	.table = { opts, COUNT(opts), aliens, COUNT(aliens), .first = false },
	.begin = begin,
	.settle = settle,
	.run = run,
	.release = release,
};
