/* SPDX-License-Identifier: BSD-2-Clause */
/* What each option does, and the table that says so. */
#include "base/own.h"
#include "cli/help.h"
#include "cli/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static enum cli_outcome
set_follow(struct cli *c, enum follow follow)
{
	c->opts->walk.follow = follow;
	c->follow_given = true;
	return CLI_RUN;
}

static enum cli_outcome
apply_no_dereference(struct cli *c, const struct opt *, const char *)
{
	return set_follow(c, FOLLOW_NONE);
}

static enum cli_outcome
apply_follow_operands(struct cli *c, const struct opt *, const char *)
{
	return set_follow(c, FOLLOW_ARGS);
}

static enum cli_outcome
apply_dereference(struct cli *c, const struct opt *, const char *)
{
	return set_follow(c, FOLLOW_ALL);
}

static enum cli_outcome
apply_keep_links(struct cli *c, const struct opt *, const char *)
{
	c->opts->keep.links = true;
	return set_follow(c, FOLLOW_NONE);
}

/* Keep, or with KEEP false do not keep, what BITS of enum keep_bit name. */
static void
set_keep(struct copy_opts *opts, unsigned bits, bool keep)
{
	struct keep *k = &opts->keep;

	if (bits & (KEEP_MODE | KEEP_ALL)) {
		k->mode = keep;
		opts->default_mode = !keep;
	}
	if (bits & (KEEP_OWNER | KEEP_ALL))
		k->owner = keep;
	if (bits & (KEEP_TIMES | KEEP_ALL))
		k->times = keep;
	if (bits & (KEEP_LINKS | KEEP_ALL))
		k->links = keep;
	/* What is named must be kept; what only "all" means is kept where that is possible. */
	if (bits & (KEEP_XATTR | KEEP_ALL)) {
		k->xattr = keep;
		k->xattr_must = keep && (k->xattr_must || bits & KEEP_XATTR);
	}
	if (bits & (KEEP_CONTEXT | KEEP_ALL)) {
		k->context = keep;
		k->context_must = keep && (k->context_must || bits & KEEP_CONTEXT);
	}
}

/* Likewise for a comma-separated LIST of words. */
static enum cli_outcome
set_keep_list(struct cli *c, const struct opt *o, const char *list, bool keep)
{
	own_mem char *items = strdup(list);

	if (items == NULL)
		return cli_complain(c, "out of memory", NULL);
	for (char *rest = items, *item; (item = strsep(&rest, ",")) != NULL;) {
		unsigned bits = 0;

		if (cli_choose(c, o->name, item, words_preserve, &bits) != CLI_RUN)
			return CLI_USAGE;
		set_keep(c->opts, bits, keep);
	}
	return CLI_RUN;
}

static enum cli_outcome
apply_preserve(struct cli *c, const struct opt *o, const char *value)
{
	if (value != NULL)
		return set_keep_list(c, o, value, true);
	set_keep(c->opts, KEEP_MODE | KEEP_OWNER | KEEP_TIMES, true);
	return CLI_RUN;
}

static enum cli_outcome
apply_no_preserve(struct cli *c, const struct opt *o, const char *value)
{
	return set_keep_list(c, o, value, false);
}

static enum cli_outcome
apply_archive(struct cli *c, const struct opt *, const char *)
{
	c->opts->walk.recursive = true;
	set_keep(c->opts, KEEP_ALL, true);
	return set_follow(c, FOLLOW_NONE);
}

/* Append a rule; there is room for one an argument. */
static enum cli_outcome
add_rule(struct cli *c, struct filter_rule rule)
{
	struct copy_opts *opts = c->opts;

	if (opts->rules == NULL)
		opts->rules = calloc(c->argc, sizeof(*opts->rules));
	if (opts->rules == NULL)
		return cli_complain(c, "out of memory", NULL);
	opts->rules[opts->n_rules++] = rule;
	return CLI_RUN;
}

static enum cli_outcome
apply_exclude(struct cli *c, const struct opt *, const char *value)
{
	return add_rule(c, (struct filter_rule){ RULE_EXCLUDE, value });
}

static enum cli_outcome
apply_include(struct cli *c, const struct opt *, const char *value)
{
	return add_rule(c, (struct filter_rule){ RULE_INCLUDE, value });
}

static enum cli_outcome
apply_exclude_from(struct cli *c, const struct opt *, const char *value)
{
	return add_rule(c, (struct filter_rule){ RULE_FILE, value });
}

static enum cli_outcome
apply_from0(struct cli *c, const struct opt *, const char *)
{
	c->opts->files_end = '\0';
	return CLI_RUN;
}

static enum cli_outcome
apply_interactive(struct cli *c, const struct opt *, const char *)
{
	c->ask = ASK_USER;
	return CLI_RUN;
}

static enum cli_outcome
apply_no_clobber(struct cli *c, const struct opt *, const char *)
{
	c->ask = ASK_NEVER;
	return CLI_RUN;
}

static enum cli_outcome
apply_update_older(struct cli *c, const struct opt *, const char *)
{
	c->opts->plan.update = UPDATE_OLDER;
	return CLI_RUN;
}

static enum cli_outcome
apply_backup(struct cli *c, const struct opt *, const char *value)
{
	c->backup = true;
	if (value != NULL)
		c->control = value;
	return CLI_RUN;
}

static enum cli_outcome
apply_suffix(struct cli *c, const struct opt *, const char *value)
{
	c->backup = true;
	c->suffix = value;
	return CLI_RUN;
}

static enum cli_outcome
apply_jobs(struct cli *c, const struct opt *o, const char *value)
{
	return cli_take_jobs(c, o->name, value);
}

static enum cli_outcome
apply_verbose(struct cli *c, const struct opt *, const char *)
{
	struct report_opts *r = &c->opts->report;

	r->unchanged = r->verbose;
	r->verbose = true;
	return CLI_RUN;
}

static enum cli_outcome
apply_progress(struct cli *c, const struct opt *o, const char *value)
{
	c->progress_given = true;
	return cli_take_progress(c, o->name, value != NULL ? value : "always");
}

static enum cli_outcome
apply_end0(struct cli *c, const struct opt *, const char *)
{
	c->opts->report.end = '\0';
	return CLI_RUN;
}

static enum cli_outcome
apply_color(struct cli *c, const struct opt *o, const char *value)
{
	unsigned when = COLOR_AUTO;
	enum cli_outcome outcome = cli_choose(c, o->name, value, words_color, &when);

	c->opts->report.color = (enum color_when)when;
	return outcome;
}

static enum cli_outcome
apply_help(struct cli *c, const struct opt *o, const char *value)
{
	unsigned none = 0;

	if (value == NULL)
		return help_print_common(c);
	if (cli_choose(c, o->name, value, words_help, &none) != CLI_RUN)
		return CLI_USAGE;
	return help_print_all(c);
}

static enum cli_outcome
apply_version(struct cli *, const struct opt *, const char *)
{
	return help_print_version();
}

/* The offset of FIELD, and a proof that it has TYPE's size. */
#define FIELD(field, type)                   \
	(offsetof(struct copy_opts, field) + \
	    0 * sizeof(char[sizeof(((struct copy_opts *)0)->field) == sizeof(type) ? 1 : -1]))

#define COMMON true
#define LESS   false
#define OPT(shorts, name, arg, group, rank, apply, help) \
	{ shorts, name, arg, help, group, rank, OPT_APPLY, 0, NULL, apply_##apply },
#define FLAG(shorts, name, group, rank, field, help) \
	{ shorts, name, NULL, help, group, rank, OPT_FLAG, FIELD(field, bool), NULL, NULL },
#define TEXT(shorts, name, arg, group, rank, field, help) \
	{ shorts, name, arg, help, group, rank, OPT_TEXT, FIELD(field, char *), NULL, NULL },
#define WORD(shorts, name, arg, group, rank, field, list, help)                                 \
	{ shorts, name, arg, help, group, rank, OPT_WORD, FIELD(field, unsigned), words_##list, \
		NULL },
#define ALIEN(name, advice)
const struct opt opt_table[] = {
#include "cli/options.def"
};
const size_t opt_count = sizeof(opt_table) / sizeof(opt_table[0]);
static_assert(sizeof(opt_table) / sizeof(opt_table[0]) <= OPT_MAX);

enum cli_outcome
opt_carry_out(struct cli *c, const struct opt *o, const char *value)
{
	void *field = (char *)c->opts + o->field;
	unsigned meaning = 0;

	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)field = true;
		break;
	case OPT_TEXT:
		*(const char **)field = value;
		break;
	case OPT_WORD:
		meaning = o->words[0].value;
		if (value != NULL && cli_choose(c, o->name, value, o->words, &meaning) != CLI_RUN)
			return CLI_USAGE;
		memcpy(field, &meaning, sizeof(meaning)); /* enums have the size of unsigned */
		break;
	case OPT_APPLY:
		return o->apply(c, o, value);
	}
	return CLI_RUN;
}
