/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: program name, verb, options, operands. */
#include "cli/options.h"

#include "base/own.h"
#include "cli/table.h"
#include "cli/typo.h"

#include <stdlib.h>
#include <string.h>

/* The verb and its alias. */
static const char verb_copy[] = "copy";
static const char verb_cp[] = "cp";

/* Complain about the beginning NAME[len] of several options; CLI_RUN if it is not one. */
static enum cli_outcome
complain_ambiguous(const struct cli *c, const char *name, size_t len)
{
	struct word meant[OPT_MAX + 1] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < opt_count; i++) {
		if (opt_table[i].name != NULL && strncmp(opt_table[i].name, name, len) == 0)
			meant[n++].text = opt_table[i].name;
	}
	if (n < 2 || len <= 2)
		return CLI_RUN;

	struct str list = STR_INIT;
	words_add(&list, meant);
	(void)cli_complain_more(c, "option", name, " is ambiguous; use %s", list.buf);
	str_release(&list);
	return CLI_USAGE;
}

/* Complain about GIVEN, an option that is not in the table, with or without "=value". */
static enum cli_outcome
complain_unknown(const struct cli *c, const char *given)
{
	size_t len = strcspn(given, "=");
	own_mem char *name = strndup(given, len);
	const struct alien *alien = opt_alien(given, len);
	const char *nearest = opt_nearest(given, len);

	if (name == NULL)
		return cli_complain(c, "out of memory", NULL);
	if (alien != NULL)
		return cli_complain_more(
		    c, NULL, name, " is not an option of copy%s", alien->advice);
	if (complain_ambiguous(c, name, len) != CLI_RUN)
		return CLI_USAGE;
	if (nearest != NULL)
		return cli_complain_more(
		    c, "unknown option", name, "; did you mean '%s'?", nearest);
	return cli_complain(c, "unknown option", name);
}

/* Complain about what getopt_long() refused by RESULT, ':' or '?'. */
static enum cli_outcome
complain_refused(const struct cli *c, int result, char *const *argv)
{
	const struct opt *o = opt_by_val(optopt);
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
	struct option longs[OPT_MAX + 1];
	char letters[2 * OPT_MAX + 2];
	int val;

	opt_getopt(longs, letters);
	optind = 0; /* makes glibc and musl forget an earlier command line */
	opterr = 0;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread yet */
	while ((val = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (val == ':' || val == '?')
			return complain_refused(c, val, argv);
		enum cli_outcome outcome = opt_carry_out(c, opt_by_val(val), optarg);
		if (outcome != CLI_RUN)
			return outcome;
	}
	c->opts->operands = argv + optind;
	c->opts->n_operands = (size_t)(argc - optind);
	return CLI_RUN;
}

/* Complain about an argument where the verb should be; or print help, when it asks for that. */
static enum cli_outcome
read_without_verb(struct cli *c, int argc, char **argv)
{
	const char *first = argc > 1 ? argv[1] : NULL;

	if (first == NULL)
		return cli_complain_more(
		    c, "missing verb", NULL, " (use 'decant copy SOURCE DEST')");
	if (first[0] != '-' || first[1] == '\0') {
		size_t len = strlen(first);
		bool meant = typo_distance(first, len, verb_copy) <= typo_limit(len);

		return cli_complain_more(c, "unknown verb", first,
		    meant ? "; did you mean '%s'?" : " (use '%s')", verb_copy);
	}

	own_mem char *option = strdup(first); /* getopt_long() moves the arguments about */
	enum cli_outcome outcome = read_options(c, argc, argv);
	if (outcome != CLI_RUN)
		return outcome;
	return cli_complain_more(c, "missing verb before", option, " (use 'decant copy')");
}

enum cli_outcome
cli_parse(int argc, char **argv, struct copy_opts *opts)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *program = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "";
	bool is_cp = strcmp(program, verb_cp) == 0;
	struct cli c = { .opts = opts, .argc = (size_t)argc };
	enum cli_outcome outcome;

	*opts = (struct copy_opts){ .suffix = "~", .files_end = '\n' };
	opts->plan.update = UPDATE_ALL;
	opts->report.version = PACKAGE_VERSION;
	opts->report.program = is_cp ? "cp" : "decant";
	opts->report.verb = verb_copy;
	opts->report.end = '\n';
	c.command = is_cp ? "cp" : "decant copy";

	if (is_cp)
		outcome = read_options(&c, argc, argv);
	else if (argc > 1 && (strcmp(argv[1], verb_copy) == 0 || strcmp(argv[1], verb_cp) == 0))
		outcome = read_options(&c, argc - 1, argv + 1);
	else
		return read_without_verb(&c, argc, argv);
	return outcome == CLI_RUN ? cli_settle(&c) : outcome;
}

void
cli_release(struct copy_opts *opts)
{
	free(opts->rules);
	opts->rules = NULL;
	opts->n_rules = 0;
}
