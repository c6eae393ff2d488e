/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb pack: what its own options do, and its table. */
#include "base/size.h"
#include "cli/rows.h"
#include "cli/state.h"

#include <stdlib.h>
#include <string.h>

/* Read a whole number of MIN to MAX, which what strtoll() saturates to is beyond. */
static bool
read_number(const char *text, long long min, long long max, long long *number)
{
	char *end = NULL;

	*number = strtoll(text, &end, 10);
	return ((text[0] >= '0' && text[0] <= '9') || text[0] == '-') && *end == '\0' &&
	       *number >= min && *number <= max;
}

static enum cli_outcome
apply_level(struct cli *c, const struct opt *o, const char *value)
{
	long long level;

	if (!read_number(value, 0, 22, &level))
		return cli_complain_value(c, o->name, value, "a level such as 3");
	c->cmd->pack.level = (int)level;
	return CLI_RUN;
}

static enum cli_outcome
apply_mtime(struct cli *c, const struct opt *o, const char *value)
{
	struct pack_opts *pack = &c->cmd->pack;
	long long seconds;

	if (value[0] != '@' || !read_number(value + 1, INT64_MIN / 2, INT64_MAX / 2, &seconds))
		return cli_complain_value(c, o->name, value, "@SECONDS, as date +@%s prints them");
	pack->mtime = (struct timespec){ .tv_sec = (time_t)seconds };
	pack->has_mtime = true;
	return CLI_RUN;
}

#define OPTS         struct pack_opts
#define LETTER_JOBS  "j"
#define LETTER_QUIET "q"
static const struct opt opts[] = {
#include "cli/pack.def"
};
static_assert(COUNT(opts) <= OPT_MAX);

/* Of tar. */
static const struct alien aliens[] = {
	{ "--acls", "; ACLs are always packed" },
	{ "--append", ", which only makes new archives" },
	{ "--bzip2", "; use '--compress=bzip2'" },
	{ "--create", "; it is the verb" },
	{ "--gzip", "; use '--compress=gzip'" },
	{ "--no-recursion", "; use '--files-from', which enters no directory" },
	{ "--null", "; use '--from0'" },
	{ "--numeric-owner", "; use '--numeric-ids'" },
	{ "--owner", "; use '--reproducible' for owner 0" },
	{ "--sort", "; names are always sorted" },
	{ "--sparse", "; holes are always kept" },
	{ "--update", ", which only makes new archives" },
	{ "--xattrs", "; attributes are always packed" },
	{ "--xz", "; use '--compress=xz'" },
	{ "--zstd", "; use '--compress=zstd'" },
	{ "-J", "; use '--compress=xz'" },
	{ "-S", "; holes are always kept" },
	{ "-T", "; use '--files-from'" },
	{ "-a", "; the suffix always decides" },
	{ "-c", "; it is the verb" },
	{ "-h", "; use '--dereference'" },
	{ "-p", "; modes are always packed" },
	{ "-r", ", which only makes new archives" },
	{ "-u", ", which only makes new archives" },
	{ "-z", "; use '--compress=gzip'" },
};

static const char *const forms[] = { "[OPTION]... -f ARCHIVE PATH...", NULL };

static struct report_opts *
begin(struct cli *c)
{
	struct pack_opts *pack = &c->cmd->pack;

	*pack = (struct pack_opts){ .level = ARC_LEVEL_DEFAULT };
	pack->walk.recursive = true;
	pack->select.files_end = '\n';
	return &pack->report;
}

/* Find out what is written from the archive's name and the options. */
static enum cli_outcome
settle_kind(struct cli *c)
{
	struct pack_opts *pack = &c->cmd->pack;
	struct arc_kind *kind = &pack->kind;
	bool to_stdout = strcmp(pack->archive, "-") == 0;
	bool told = arc_kind_by_name(pack->archive, kind);

	if (!told && !to_stdout && pack->format == NULL)
		return cli_complain_more(c, "cannot tell the format of", pack->archive,
		    "; use '--format', or a suffix such as .tar or .tar.zst");
	if (!told)
		*kind = (struct arc_kind){ ARC_PAX, ARC_PLAIN };
	if (pack->format != NULL && !arc_format_by_name(pack->format, &kind->format))
		return cli_complain_value(
		    c, "--format", pack->format, "pax, ustar, gnutar, cpio, zip or 7z");
	if (pack->compress != NULL &&
	    (!arc_filter_by_name(pack->compress, &kind->filter) || kind->filter >= ARC_COMPRESS))
		return cli_complain_value(
		    c, "--compress", pack->compress, "zstd, gzip, xz, bzip2, lz4 or none");
	if (kind->filter != ARC_PLAIN && (arc_format_can(kind->format) & ARC_CAN_FILTER) == 0)
		return cli_complain_more(c, NULL, NULL,
		    "--compress=%s and --format=%s do not go together: the format has its own",
		    arc_filter_name(kind->filter), arc_format_name(kind->format));
	return CLI_RUN;
}

/* Check a level against what it is for. */
static enum cli_outcome
settle_level(const struct cli *c)
{
	const struct pack_opts *pack = &c->cmd->pack;
	int max = 9;
	int min = 1;

	if (pack->level == ARC_LEVEL_DEFAULT)
		return CLI_RUN;
	if (pack->kind.filter == ARC_PLAIN && pack->kind.format != ARC_ZIP &&
	    pack->kind.format != ARC_7ZIP)
		return cli_complain(c, "nothing is compressed that --level could be of", NULL);
	if (pack->kind.filter == ARC_ZSTD)
		max = 22;
	else if (pack->kind.filter != ARC_BZIP2 && pack->kind.filter != ARC_LZ4)
		min = 0;
	if (pack->level < min || pack->level > max)
		return cli_complain_more(
		    c, NULL, NULL, "the levels of this compression are %d to %d", min, max);
	return CLI_RUN;
}

/* Nothing that is newer than SOURCE_DATE_EPOCH (reproducible-builds.org) may be told apart. */
static enum cli_outcome
settle_epoch(const struct cli *c)
{
	static const char name[] = "SOURCE_DATE_EPOCH";
	struct pack_opts *pack = &c->cmd->pack;
	const char *value = cli_variable(name);
	long long seconds;

	if (!pack->reproducible || value == NULL)
		return CLI_RUN;
	if (!read_number(value, 0, INT64_MAX / 2, &seconds))
		return cli_complain_value(c, name, value, "seconds since 1970");
	pack->has_latest = true;
	pack->latest = (struct timespec){ .tv_sec = (time_t)seconds };
	return CLI_RUN;
}

static enum cli_outcome
settle(struct cli *c)
{
	struct pack_opts *pack = &c->cmd->pack;
	struct report_opts *report = &pack->report;
	bool listed = pack->select.files_from != NULL;
	const struct cli_pair pairs[] = {
		{ pack->manifest != NULL && pack->dry_run, "--manifest", "--dry-run" },
	};

	if (pack->archive == NULL || pack->archive[0] == '\0')
		return cli_complain(
		    c, "missing archive (use -f ARCHIVE, or -f - for standard output)", NULL);
	if (c->n_operands == 0 && !listed)
		return cli_complain(c, "missing PATH to pack", NULL);
	if (c->n_operands > 0 && listed)
		return cli_complain(c, "extra operand", c->operands[0]);
	if (settle_kind(c) != CLI_RUN || settle_level(c) != CLI_RUN || settle_epoch(c) != CLI_RUN)
		return CLI_USAGE;
	if (pack->align && (pack->kind.format != ARC_PAX || pack->kind.filter != ARC_PLAIN))
		return cli_complain(c, "--align is of uncompressed pax archives only", NULL);
	if (pack->seekable && pack->kind.filter != ARC_ZSTD)
		return cli_complain(c, "--seekable is of archives that zstd compresses only", NULL);
	if (cli_refuse_pairs(c, pairs, COUNT(pairs)) != CLI_RUN)
		return CLI_USAGE;
	if (strcmp(pack->archive, "-") == 0 && report->json)
		return cli_complain(c,
		    "the archive and --json would both go to standard output (use --report=FILE)",
		    NULL);
	pack->noted = pack->hash;
	if (pack->noted.n == 0)
		hash_algos_default(&pack->noted);
	pack->operands = c->operands;
	pack->n_operands = c->n_operands;
	report->srcs = (const char *const *)pack->operands;
	report->n_srcs = pack->n_operands;
	report->dst = pack->archive;
	report->dry_run = pack->dry_run;
	report->itemize |= pack->dry_run;
	return CLI_RUN;
}

static int
run(struct command *cmd)
{
	return pack_run(&cmd->pack);
}

static void
release(struct command *cmd)
{
	free(cmd->pack.select.rules);
	cmd->pack.select = (struct select_opts){ 0 };
}

const struct verb verb_pack = {
	.name = "pack",
	.forms = forms,
	.purpose = "Pack files and trees into an archive, in a fixed order.",
	.table = { opts, COUNT(opts), aliens, COUNT(aliens), .first = false },
	.begin = begin,
	.settle = settle,
	.run = run,
	.release = release,
};
