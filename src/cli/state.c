/* SPDX-License-Identifier: BSD-2-Clause */
/* How to say what is wrong with a command line, and values that come from it and the environment. */
#include "cli/state.h"

#include "base/str.h"
#include "cli/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	JOBS_MAX = 256 /* arbitrary; several times the CPUs of today's large machines */
};

static void
add_culprit(struct str *line, const struct cli *c, const char *what, const char *culprit)
{
	str_addf(line, "%s: ", c->opts->report.program);
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
	str_addf(line, "\nTry '%s --help'.\n", c->opts->report.program);
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
	(void)cli_complain_more(c, "invalid value", value, " for '%s' (use %s)", name, choice.buf);
	str_release(&choice);
	return CLI_USAGE;
}

enum cli_outcome
cli_take_jobs(const struct cli *c, const char *name, const char *value)
{
	char *end = NULL;
	unsigned long n = strtoul(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end != '\0' || n < 1 || n > JOBS_MAX)
		return cli_complain_more(
		    c, "invalid value", value, " for '%s' (use 1 to %d)", name, JOBS_MAX);
	c->opts->jobs = (int)n;
	return CLI_RUN;
}

enum cli_outcome
cli_take_progress(const struct cli *c, const char *name, const char *value)
{
	unsigned when = 0;

	if (cli_choose(c, name, value, words_progress, &when) != CLI_RUN)
		return CLI_USAGE;
	c->opts->report.progress = (enum progress_when)when;
	return CLI_RUN;
}
