/* SPDX-License-Identifier: BSD-2-Clause */
/* How to say what is wrong with a command line, and values that come from it and the environment. */
#include "cli/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
add_culprit(struct str *line, const struct cli *c, const char *what, const char *culprit)
{
	str_addf(line, "%s: ", c->program);
	if (what != NULL)
		str_adds(line, what);
	if (what != NULL && culprit != NULL)
		str_addc(line, ' ');
	if (culprit != NULL)
		str_add_quoted(line, culprit, strlen(culprit));
}

/* Print LINE and the hint, in one piece; frees LINE. */
static enum cli_outcome
print_complaint(struct str *line, const struct cli *c)
{
	str_addf(line, "\nTry '%s --help'.\n", c->command);
	fputs(line->buf, stderr);
	str_release(line);
	return CLI_USAGE;
}

enum cli_outcome
cli_complain(const struct cli *c, const char *what, const char *culprit)
{
	struct str line = STR_INIT;

	add_culprit(&line, c, what, culprit);
	return print_complaint(&line, c);
}

enum cli_outcome
cli_complain_more(
    const struct cli *c, const char *what, const char *culprit, const char *format, ...)
{
	struct str line = STR_INIT;
	char rest[512]; /* the longest list of options that share a beginning has half of it */
	va_list args;

	add_culprit(&line, c, what, culprit);
	va_start(args, format);
	(void)vsnprintf(rest, sizeof(rest), format, args); /* cut short if need be: it is ours */
	va_end(args);
	str_adds(&line, rest);
	return print_complaint(&line, c);
}

enum cli_outcome
cli_complain_value(const struct cli *c, const char *name, const char *value, const char *choice)
{
	return cli_complain_more(c, "invalid value", value, " for '%s' (use %s)", name, choice);
}

enum cli_outcome
cli_refuse_pairs(const struct cli *c, const struct cli_pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (pairs[i].both)
			return cli_complain_more(c, NULL, NULL,
			    "options %s and %s are mutually exclusive", pairs[i].one,
			    pairs[i].other);
	}
	return CLI_RUN;
}

enum cli_outcome
cli_choose(const struct cli *c, const char *name, const char *value, const struct word *list,
    unsigned *meaning)
{
	const struct word *w = words_find(list, value, strlen(value));
	struct str choice = STR_INIT;

	if (w != NULL) {
		*meaning = w->value;
		return CLI_RUN;
	}
	words_add(&choice, list);
	(void)cli_complain_value(c, name, value, choice.buf);
	str_release(&choice);
	return CLI_USAGE;
}

const char *
cli_variable(const char *name)
{
	const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe): no other thread yet */

	return value != NULL && value[0] != '\0' ? value : NULL;
}
