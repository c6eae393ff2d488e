/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: program name, verb, options, operands. */
#include "cli/options.h"

#include "base/own.h"
#include "cli/state.h"
#include "cli/typo.h"

#include <stdio.h>
#include <string.h>

/* Complain about the beginning NAME[len] of several options; CLI_RUN if it is not one. */
static enum cli_outcome
complain_ambiguous(const struct cli *c, const char *name, size_t len)
{
	struct word meant[OPT_MAX + 1] = { 0 };
	const struct opt_table *t = &c->verb->table;
	size_t n = 0;

	for (size_t i = 0; i < t->n_opts; i++) {
		if (t->opts[i].name != NULL && strncmp(t->opts[i].name, name, len) == 0)
			meant[n++].text = t->opts[i].name;
	}
	if (n < 2 || len <= 2)
		return CLI_RUN;

	struct str list = STR_INIT;
	words_add(&list, meant);
	(void)cli_complain_more(c, "option", name, " is ambiguous; use %s", list.buf);
	str_release(&list);
	return CLI_USAGE;
}

/* Complain about NAME, an option that OTHER has. */
static enum cli_outcome
complain_elsewhere(const struct cli *c, const char *name, const struct verb *other)
{
	if (c->verb == &verb_none)
		return cli_complain_more(
		    c, "missing verb before", name, " (use 'decant %s')", other->name);
	return cli_complain_more(
	    c, NULL, name, " is not an option of %s, but of %s", c->verb->name, other->name);
}

/* Complain about GIVEN, an option that is not in the table, with or without "=value". */
static enum cli_outcome
complain_unknown(const struct cli *c, const char *given)
{
	const struct opt_table *t = &c->verb->table;
	size_t len = strcspn(given, "=");
	own_mem char *name = strndup(given, len);
	const struct alien *alien = opt_alien(t, given, len);
	const struct verb *other = verb_with_option(c->verb, given, len);
	const char *nearest = opt_nearest(t, given, len);

	if (name == NULL)
		return cli_complain(c, "out of memory", NULL);
	if (alien != NULL)
		return cli_complain_more(
		    c, NULL, name, " is not an option of %s%s", c->verb->name, alien->advice);
	if (complain_ambiguous(c, name, len) != CLI_RUN)
		return CLI_USAGE;
	if (other != NULL)
		return complain_elsewhere(c, name, other);
	if (nearest != NULL)
		return cli_complain_more(
		    c, "unknown option", name, "; did you mean '%s'?", nearest);
	return cli_complain(c, "unknown option", name);
}

/* Complain about what getopt_long() refused by RESULT, ':' or '?'. */
static enum cli_outcome
complain_refused(const struct cli *c, int result, char *const *argv)
{
	const struct opt *o = opt_by_val(&c->verb->table, optopt);
	char letter[] = { '-', (char)optopt, '\0' };
	bool is_long = optopt == 0 || optopt >= OPT_LONG_VAL;

	if (o == NULL)
		return complain_unknown(c, is_long ? argv[optind - 1] : letter);
	if (result == ':')
		return cli_complain_more(
		    c, "option", is_long ? o->name : letter, " needs a value (%s)", o->arg + 1);
	return cli_complain_more(c, "option", o->name, " takes no value");
}

/* Read all options of ARGV; argv[0] is not looked at. */
static enum cli_outcome
read_options(struct cli *c, int argc, char **argv)
{
	const struct opt_table *t = &c->verb->table;
	struct option longs[OPT_MAX + 1];
	char letters[2 * OPT_MAX + 3];
	int val;

	opt_getopt(t, longs, letters);
	optind = 0; /* makes glibc and musl forget an earlier command line */
	opterr = 0;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread yet */
	while ((val = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (val == ':' || val == '?')
			return complain_refused(c, val, argv);
		const struct opt *o = opt_by_val(t, val);
		enum cli_outcome outcome = opt_carry_out(c, o, optarg);
		c->given[o - t->opts] = true;
		if (outcome != CLI_RUN)
			return outcome;
	}
	c->operands = argv + optind;
	c->n_operands = (size_t)(argc - optind);
	return CLI_RUN;
}

/* Take from the environment what no option said. */
static enum cli_outcome
read_environment(struct cli *c)
{
	static const struct {
		const char *variable;
		const char *option;
	} stand_ins[] = {
		{ "DECANT_JOBS", "--jobs" },
		{ "DECANT_PROGRESS", "--progress" },
	};
	const struct opt_table *t = &c->verb->table;

	for (size_t i = 0; i < sizeof(stand_ins) / sizeof(stand_ins[0]); i++) {
		const char *name = stand_ins[i].option;
		const char *value = cli_variable(stand_ins[i].variable);
		const struct opt *o = opt_by_name(t, name, strlen(name));

		if (o == NULL || value == NULL || c->given[o - t->opts])
			continue;
		struct opt stand_in = *o;
		stand_in.name = stand_ins[i].variable; /* what complaints call it */
		if (opt_carry_out(c, &stand_in, value) != CLI_RUN)
			return CLI_USAGE;
	}
	return CLI_RUN;
}

/* Complain that there is no verb; or print help, when the first argument asks for that. */
static enum cli_outcome
read_without_verb(struct cli *c, int argc, char **argv)
{
	const char *first = argc > 1 ? argv[1] : NULL;
	struct str choice = STR_INIT;

	if (first != NULL && first[0] == '-' && first[1] != '\0') {
		enum cli_outcome outcome = read_options(c, argc, argv);
		if (outcome != CLI_RUN)
			return outcome;
	}
	verbs_add(&choice);
	if (first == NULL)
		(void)cli_complain_more(c, "missing verb", NULL, " (use %s)", choice.buf);
	else if (first[0] == '-')
		(void)cli_complain_more(c, "missing verb before", first, " (use %s)", choice.buf);
	else if (verb_nearest(first) != NULL)
		(void)cli_complain_more(
		    c, "unknown verb", first, "; did you mean '%s'?", verb_nearest(first)->name);
	else
		(void)cli_complain_more(c, "unknown verb", first, " (use %s)", choice.buf);
	str_release(&choice);
	return CLI_USAGE;
}

/* Read ARGV behind verb VERB, argv[0]; ALONE: the program has the verb's name. */
static enum cli_outcome
read_verb(struct cli *c, const struct verb *verb, bool alone, int argc, char **argv)
{
	struct report_opts *report;
	enum cli_outcome outcome;

	c->verb = c->cmd->verb = verb;
	report = verb->begin(c);
	report->version = PACKAGE_VERSION;
	report->program = c->program;
	report->verb = verb->name;
	report->end = '\n';
	if (!alone)
		(void)snprintf(c->command, sizeof(c->command), "%s %s", c->program, verb->name);
	outcome = read_options(c, argc, argv);
	report->color = c->color;
	if (outcome == CLI_RUN)
		outcome = read_environment(c);
	return outcome == CLI_RUN ? verb->settle(c) : outcome;
}

enum cli_outcome
cli_parse(int argc, char **argv, struct command *cmd)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *program = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "";
	bool is_cp = strcmp(program, verb_copy.alias) == 0;
	struct cli c = { .cmd = cmd, .verb = &verb_none, .argc = (size_t)argc };
	const struct verb *verb = argc > 1 ? verb_find(argv[1]) : NULL;

	*cmd = (struct command){ 0 };
	c.opts = &cmd->copy; /* all verbs' options begin there */
	c.program = is_cp ? verb_copy.alias : "decant";
	(void)snprintf(c.command, sizeof(c.command), "%s", c.program);
	if (is_cp)
		return read_verb(&c, &verb_copy, true, argc, argv);
	if (verb != NULL)
		return read_verb(&c, verb, false, argc - 1, argv + 1);
	return read_without_verb(&c, argc, argv);
}

void
cli_release(struct command *cmd)
{
	if (cmd->verb != NULL)
		cmd->verb->release(cmd);
}
