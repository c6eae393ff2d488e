/* SPDX-License-Identifier: BSD-2-Clause */
/* What the options that several verbs share do. */
#include "cli/apply.h"

#include "base/own.h"
#include "base/size.h"
#include "cli/help.h"
#include "cli/state.h"
#include "pipe/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	JOBS_MAX = 256 /* arbitrary; several times the CPUs of today's large machines */
};

void *
opt_field(const struct cli *c, const struct opt *o)
{
	return (char *)c->opts + o->field;
}

enum cli_outcome
opt_carry_out(struct cli *c, const struct opt *o, const char *value)
{
	void *field = opt_field(c, o);
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

/* Append a rule; there is room for one an argument. */
static enum cli_outcome
add_rule(struct cli *c, const struct opt *o, struct filter_rule rule)
{
	struct select_opts *select = opt_field(c, o);

	if (select->rules == NULL)
		select->rules = calloc(c->argc, sizeof(*select->rules));
	if (select->rules == NULL)
		return cli_complain(c, "out of memory", NULL);
	select->rules[select->n_rules++] = rule;
	return CLI_RUN;
}

enum cli_outcome
apply_exclude(struct cli *c, const struct opt *o, const char *value)
{
	return add_rule(c, o, (struct filter_rule){ RULE_EXCLUDE, value });
}

enum cli_outcome
apply_include(struct cli *c, const struct opt *o, const char *value)
{
	return add_rule(c, o, (struct filter_rule){ RULE_INCLUDE, value });
}

enum cli_outcome
apply_exclude_from(struct cli *c, const struct opt *o, const char *value)
{
	return add_rule(c, o, (struct filter_rule){ RULE_FILE, value });
}

enum cli_outcome
apply_include_from(struct cli *c, const struct opt *o, const char *value)
{
	return add_rule(c, o, (struct filter_rule){ RULE_INCLUDE_FILE, value });
}

enum cli_outcome
apply_filter(struct cli *c, const struct opt *o, const char *value)
{
	return add_rule(c, o, (struct filter_rule){ RULE_FILTER, value });
}

enum cli_outcome
apply_rsync_filter(struct cli *c, const struct opt *o, const char *)
{
	return add_rule(c, o, (struct filter_rule){ RULE_FILTER, ": .rsync-filter" });
}

enum cli_outcome
apply_from0(struct cli *c, const struct opt *o, const char *)
{
	struct select_opts *select = opt_field(c, o);

	select->files_end = '\0';
	return CLI_RUN;
}

static enum cli_outcome
set_follow(struct cli *c, const struct opt *o, enum follow follow)
{
	*(enum follow *)opt_field(c, o) = follow;
	c->copy.follow_given = true; /* of copy, whose default depends on other options */
	return CLI_RUN;
}

enum cli_outcome
apply_no_dereference(struct cli *c, const struct opt *o, const char *)
{
	return set_follow(c, o, FOLLOW_NONE);
}

enum cli_outcome
apply_follow_operands(struct cli *c, const struct opt *o, const char *)
{
	return set_follow(c, o, FOLLOW_ARGS);
}

enum cli_outcome
apply_dereference(struct cli *c, const struct opt *o, const char *)
{
	return set_follow(c, o, FOLLOW_ALL);
}

enum cli_outcome
apply_max_delete(struct cli *c, const struct opt *o, const char *value)
{
	struct delete_opts *del = opt_field(c, o);
	char *end = NULL;

	del->max = strtoll(value, &end, 10);
	del->percent = *end == '%';
	del->max_given = true;
	if (value[0] < '0' || value[0] > '9' || end[del->percent] != '\0' ||
	    (del->percent && del->max > 100))
		return cli_complain_value(
		    c, o->name, value, "a number of entries, or a share such as 80%");
	return CLI_RUN;
}

enum cli_outcome
apply_jobs(struct cli *c, const struct opt *o, const char *value)
{
	int *jobs = opt_field(c, o);
	char *end = NULL;
	unsigned long n = strtoul(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end != '\0' || n < 1 || n > JOBS_MAX)
		return cli_complain_more(
		    c, "invalid value", value, " for '%s' (use 1 to %d)", o->name, JOBS_MAX);
	*jobs = (int)n;
	return CLI_RUN;
}

enum cli_outcome
apply_rate(struct cli *c, const struct opt *o, const char *value)
{
	int64_t *bps = opt_field(c, o);

	if (!rate_parse(value, bps))
		return cli_complain_value(c, o->name, value, "KiB a second, or a size such as 10M");
	return CLI_RUN;
}

enum cli_outcome
apply_hash(struct cli *c, const struct opt *o, const char *value)
{
	const char *culprit;
	const char *why;
	struct err err = hash_algos_find(value, opt_field(c, o), &culprit, &why);

	switch (err.code) {
	case 0:
		return CLI_RUN;
	case EINVAL:
		return cli_complain_more(
		    c, "unknown digest", culprit, " for '%s' (use %s)", o->name, digest_names());
	case EEXIST:
		return cli_complain_more(c, "digest", culprit, " comes twice in '%s'", o->name);
	case E2BIG:
		return cli_complain_more(
		    c, "invalid value", value, " for '%s' (at most %d digests)", o->name, HASH_MAX);
	default:
		return cli_complain_more(c, "digest", culprit, " cannot be made: %s",
		    why != NULL ? why : err_reason(err));
	}
}

/* Append COMMAND[len], which has no bar. */
static struct err
add_command(struct through_opts *through, const char *command, size_t len, const char **why)
{
	own_mem char *text = strndup(command, len);
	struct err memory = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	char **argv;

	*why = NULL;
	if (text == NULL)
		return memory;
	TRY(command_split(text, &argv, why));
	void *more = reallocarray(through->commands, through->n + 1, sizeof(through->commands[0]));
	if (more == NULL) {
		free((void *)argv);
		return memory;
	}
	through->commands = more;
	through->commands[through->n++] = argv;
	return ERR_OK;
}

enum cli_outcome
apply_through(struct cli *c, const struct opt *o, const char *value)
{
	const char *why;

	for (const char *at = value;; at++) {
		size_t len = command_before_bar(at);
		struct err err = add_command(opt_field(c, o), at, len, &why);
		if (err_failed(err))
			return cli_complain_more(c, "invalid command", value, " for '%s': %s",
			    o->name, why != NULL ? why : err_reason(err));
		at += len;
		if (*at == '\0')
			return CLI_RUN;
	}
}

enum cli_outcome
apply_progress(struct cli *c, const struct opt *o, const char *value)
{
	enum progress_when *progress = opt_field(c, o);
	unsigned when = PROGRESS_ALWAYS;

	if (value != NULL && cli_choose(c, o->name, value, words_progress, &when) != CLI_RUN)
		return CLI_USAGE;
	*progress = (enum progress_when)when;
	return CLI_RUN;
}

enum cli_outcome
apply_color(struct cli *c, const struct opt *o, const char *value)
{
	unsigned when = COLOR_AUTO;
	enum cli_outcome outcome = cli_choose(c, o->name, value, words_color, &when);

	c->color = (enum color_when)when;
	return outcome;
}

enum cli_outcome
apply_help(struct cli *c, const struct opt *o, const char *value)
{
	static const char every[] = "all";
	const struct verb *verb = c->verb != &verb_none ? c->verb : NULL;
	struct str choice = STR_INIT;

	if (value != NULL && strcmp(value, every) == 0)
		return help_print_all(c);
	if (value != NULL && (verb = verb_find(value)) == NULL) {
		str_addf(&choice, "%s, ", every);
		verbs_add(&choice);
		(void)cli_complain_value(c, o->name, value, choice.buf);
		str_release(&choice);
		return CLI_USAGE;
	}
	return verb != NULL ? help_print_verb(c, verb) : help_print_common(c);
}

enum cli_outcome
apply_version(struct cli *, const struct opt *, const char *)
{
	return help_print_version();
}
