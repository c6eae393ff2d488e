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

enum cli_outcome
cli_complain(
    const struct cli *c, const char *what, const char *culprit, const char *format, ...)
{
	const char *program = c->opts->report.program;
	struct str line = STR_INIT;
	char rest[512];
	va_list args;

	str_addf(&line, "%s: ", program);
	if (what != NULL)
		str_addf(&line, "%s%s", what, culprit != NULL ? " " : "");
	if (culprit != NULL)
		str_add_quoted(&line, culprit, strlen(culprit));
	va_start(args, format);
	(void)vsnprintf(rest, sizeof(rest), format, args); /* all callers' texts are short */
	va_end(args);
	str_addf(&line, "%s\nTry '%s --help'.\n", rest, program);
	fputs(line.buf, stderr);
	str_release(&line);
	return CLI_USAGE;
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
	(void)cli_complain(c, "invalid value", value, " for '%s' (use %s)", name, choice.buf);
	str_release(&choice);
	return CLI_USAGE;
}

enum cli_outcome
cli_read_jobs(const struct cli *c, const char *name, const char *value)
{
	char *end = NULL;
	unsigned long n = strtoul(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end != '\0' || n < 1 || n > JOBS_MAX)
		return cli_complain(
		    c, "invalid value", value, " for '%s' (use 1 to %d)", name, JOBS_MAX);
	c->opts->jobs = (int)n;
	return CLI_RUN;
}
