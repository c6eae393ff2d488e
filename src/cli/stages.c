/* SPDX-License-Identifier: BSD-2-Clause */
/* The stages of a pipeline, from arguments to data. */
#include "cli/stages.h"

#include "base/size.h"
#include "cli/help.h"
#include "cli/typo.h"
#include "pipe/command.h"
#include "pipe/digest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a stage word stands for. */
struct form {
	const char *word;       /* as it is typed */
	const char *arg;        /* its value, as help shows it; NULL = none */
	const char *help;       /* what it does; NULL = help does not list it */
	enum stage_kind kind;   /* what it is */
	enum arc_filter filter; /* of packing and unpacking */
};

static const struct form forms[] = {
	{ "cmd", "COMMAND", "run COMMAND, quoted as one argument or not", STAGE_CMD, 0 },
	{ "hash", "ALGO[=FILE]", "digest what passes", STAGE_HASH, 0 },
	{ "tee", "FILE", "write what passes to FILE too", STAGE_TEE, 0 },
	{ "count", NULL, "count bytes and lines", STAGE_COUNT, 0 },
	{ "limit", "BYTES", "let the first BYTES pass", STAGE_LIMIT, 0 },
	{ "range", "OFF:LEN", "let LEN bytes from OFF on pass", STAGE_RANGE, 0 },
	{ "rate", "R", "let at most R bytes a second pass", STAGE_RATE, 0 },
	{ "copy", NULL, "let everything pass", STAGE_COPY, 0 },
	{ "connect", "HOST:PORT", "first or last: connect, also to unix:PATH", END_CONNECT, 0 },
	{ "listen", "[HOST:]PORT", "first or last: wait for one peer, also on unix:PATH",
	    END_LISTEN, 0 },
	{ "gzip", "[-LEVEL]", "pack what passes", STAGE_PACK, ARC_GZIP },
	{ "zstd", "[-LEVEL]", "likewise", STAGE_PACK, ARC_ZSTD },
	{ "xz", "[-LEVEL]", "likewise", STAGE_PACK, ARC_XZ },
	{ "gunzip", NULL, "unpack what passes", STAGE_UNPACK, ARC_GZIP },
	{ "unzstd", NULL, "likewise", STAGE_UNPACK, ARC_ZSTD },
	{ "unxz", NULL, "likewise", STAGE_UNPACK, ARC_XZ },
};

enum {
	N_FORMS = sizeof(forms) / sizeof(forms[0]), /* number of stage words */
	PORT_MAX = 65535                            /* TCP has 16 bits for it, RFC 9293 */
};

/* What separates the words of a quoted stage. */
static const char blanks[] = " \t\n";

/* The form of WORD[len], NULL = none. */
static const struct form *
find_form(const char *word, size_t len)
{
	for (size_t i = 0; i < N_FORMS; i++) {
		if (strlen(forms[i].word) == len && memcmp(forms[i].word, word, len) == 0)
			return &forms[i];
	}
	return NULL;
}

/* The stage word most like WORD[len], NULL = nothing is near; no path is. */
static const char *
nearest_word(const char *word, size_t len)
{
	const char *nearest = NULL;
	int best = memchr(word, '/', len) == NULL ? typo_limit(len) + 1 : 0;

	for (size_t i = 0; i < N_FORMS; i++) {
		int distance = typo_distance(word, len, forms[i].word);

		if (distance < best) {
			best = distance;
			nearest = forms[i].word;
		}
	}
	return nearest;
}

static enum cli_outcome
complain_unknown_stage(const struct cli *c, const char *stage)
{
	const char *nearest = nearest_word(stage, strcspn(stage, blanks));

	if (nearest != NULL)
		return cli_complain_more(
		    c, "unknown stage", stage, "; did you mean '%s'?", nearest);
	return cli_complain_more(c, "unknown stage", stage,
	    " (use 'cmd' to run a command; only the first and the last can be a file)");
}

/* True when TEXT is a number from 1 to PORT_MAX. */
static bool
is_port(const char *text)
{
	int64_t port;

	return text[strspn(text, "0123456789")] == '\0' && size_parse(text, &port) && port >= 1 &&
	       port <= PORT_MAX;
}

/* True when TEXT is an address; HOST_MAY_MISS: a port alone is one. */
static bool
is_address(const char *text, bool host_may_miss)
{
	static const char local[] = "unix:";
	const char *colon = strrchr(text, ':');

	if (strncmp(text, local, sizeof(local) - 1) == 0)
		return text[sizeof(local) - 1] != '\0';
	if (colon == NULL)
		return host_may_miss && is_port(text);
	/* a host that has colons itself, of IPv6, is in brackets */
	if (text[0] == '[')
		return colon > text + 2 && colon[-1] == ']' && is_port(colon + 1);
	return colon > text && strchr(text, ':') == colon && is_port(colon + 1);
}

/* Read OFF:LEN. */
static bool
read_range(char *value, struct stage_spec *s)
{
	char *colon = strchr(value, ':');
	bool is_right;

	if (colon == NULL)
		return false;
	*colon = '\0';
	is_right = size_parse(value, &s->off) && size_parse(colon + 1, &s->size);
	*colon = ':';
	return is_right && s->size <= INT64_MAX - s->off;
}

/* Read ALGO[=FILE]; VALUE is cut in two. */
static bool
read_hash(char *value, struct stage_spec *s)
{
	char *file = strchr(value, '=');

	if (value[0] == '\0' || file == value || (file != NULL && file[1] == '\0'))
		return false;
	s->name = value;
	if (file != NULL) {
		*file = '\0';
		s->file = file + 1;
	}
	return true;
}

/* Read the value of hash; an algorithm that nobody knows is a mistake like any other. */
static enum cli_outcome
read_hash_value(const struct cli *c, char *value, struct stage_spec *s)
{
	const struct digest_algo *algo;
	const char *why;

	if (!read_hash(value, s))
		return cli_complain_value(c, "hash", value, "ALGO or ALGO=FILE");
	struct err err = digest_find(s->name, &algo, &why);
	/* one that is known and cannot be had is told by the run */
	return err.code == EINVAL ? cli_complain_value(c, "hash", s->name, digest_names())
				  : CLI_RUN;
}

/* Read -LEVEL: one or two digits, as the compressors themselves have it. */
static bool
read_level(const char *value, int *level)
{
	size_t digits = value[0] == '-' ? strspn(value + 1, "0123456789") : 0;

	if (digits < 1 || digits > 2 || value[1 + digits] != '\0')
		return false;
	*level = value[1] - '0';
	if (digits == 2)
		*level = *level * 10 + (value[2] - '0');
	return true;
}

/* Read VALUE, the only one of a stage of form F. */
static enum cli_outcome
read_value(const struct cli *c, const struct form *f, char *value, struct stage_spec *s)
{
	const char *choice = NULL;

	switch (f->kind) {
	case STAGE_HASH:
		return read_hash_value(c, value, s);
	case STAGE_LIMIT:
		choice = size_parse(value, &s->size) ? NULL : "a size such as 4096 or 10M";
		break;
	case STAGE_RANGE:
		choice = read_range(value, s) ? NULL : "OFF:LEN, sizes such as 1M:4096";
		break;
	case STAGE_RATE:
		choice = size_parse(value, &s->size) && s->size > 0 ? NULL
								    : "a size a second such as 10M";
		break;
	case END_CONNECT:
		s->name = value;
		choice = is_address(value, false) ? NULL : "HOST:PORT or unix:PATH";
		break;
	case END_LISTEN:
		s->name = value;
		choice = is_address(value, true) ? NULL : "PORT, HOST:PORT or unix:PATH";
		break;
	case STAGE_PACK:
		choice = read_level(value, &s->level) ? NULL : "a level such as -6";
		break;
	default: /* tee */
		s->name = value;
		choice = value[0] != '\0' ? NULL : "the name of a file";
		break;
	}
	return choice == NULL ? CLI_RUN : cli_complain_value(c, f->word, value, choice);
}

/* Split TEXT as a shell would; the words are NULL-terminated and what S owns.  NULL = after a complaint. */
static char **
split(const struct cli *c, const char *text, struct stage_spec *s)
{
	char **words = NULL;
	const char *why = NULL;
	struct err err = command_split(text, &words, &why);

	if (!err_failed(err) && words != NULL)
		return s->words = words;
	(void)cli_complain_more(
	    c, "cannot split", text, ": %s", why != NULL ? why : err_reason(err));
	return NULL;
}

/* True when TEXT has a word in it. */
static bool
is_worded(const char *text)
{
	return text != NULL && text[strspn(text, blanks)] != '\0';
}

/* Read the command in VALUES, NULL-terminated; a single one is split unless it came from a split. */
static enum cli_outcome
read_command(const struct cli *c, char **values, struct stage_spec *s)
{
	if (is_worded(values[0]) && values[1] == NULL && s->words == NULL)
		values = split(c, values[0], s);
	if (values == NULL)
		return CLI_USAGE;
	s->argv = (const char *const *)values;
	if (!is_worded(values[0]))
		return cli_complain(c, "stage 'cmd' needs a value (COMMAND)", NULL);
	return CLI_RUN;
}

/* Read the VALUES, NULL-terminated, of a stage of form F. */
static enum cli_outcome
read_values(const struct cli *c, const struct form *f, char **values, struct stage_spec *s)
{
	size_t n = 0;
	size_t most = f->arg != NULL ? 1 : 0;
	size_t least = f->kind == STAGE_PACK ? 0 : most;

	s->kind = f->kind;
	if (f->kind == STAGE_CMD)
		return read_command(c, values, s);
	while (values[n] != NULL)
		n++;
	s->filter = f->filter;
	s->level = ARC_LEVEL_DEFAULT;
	if (n < least)
		return cli_complain_more(c, "stage", f->word, " needs a value (%s)", f->arg);
	if (n > most)
		return cli_complain_more(
		    c, "extra word", values[most], " in the stage '%s'", f->word);
	return n > 0 ? read_value(c, f, values[0], s) : CLI_RUN;
}

/* Read ARG, which has no stage word: an end; OUTER: it stands where one may be. */
static enum cli_outcome
read_end(const struct cli *c, const char *arg, bool outer, struct stage_spec *s)
{
	static const char fd[] = "fd:";
	const char *number = arg + sizeof(fd) - 1;
	int64_t n;

	s->kind = END_FILE;
	s->name = arg;
	if (strcmp(arg, "-") == 0) {
		s->kind = END_STD;
		s->name = NULL;
	} else if (strncmp(arg, fd, sizeof(fd) - 1) == 0) {
		if (number[strspn(number, "0123456789")] != '\0' || !size_parse(number, &n) ||
		    n > INT_MAX)
			return cli_complain_more(c, "invalid descriptor", arg, " (use fd:N)");
		s->kind = END_FD;
		s->name = NULL;
		s->fd = (int)n;
	} else if (!outer) {
		return complain_unknown_stage(c, arg);
	}
	return CLI_RUN;
}

/* Read one stage, the arguments WORDS, NULL-terminated, at least one.  OUTER: it may be an end. */
static enum cli_outcome
read_stage(const struct cli *c, char **words, bool outer, struct stage_spec *s)
{
	size_t len = words[1] != NULL ? strlen(words[0]) : strcspn(words[0], blanks);
	const struct form *f = find_form(words[0], len);
	bool is_quoted = words[0][len] != '\0';
	enum cli_outcome outcome;

	if (words[0][0] == '\0')
		return cli_complain(c, "a stage is empty", NULL);
	if (f == NULL && words[1] != NULL)
		return complain_unknown_stage(c, words[0]);
	/* Rather a misspelt stage than a file with blanks in its name. */
	if (f == NULL && is_quoted && nearest_word(words[0], len) != NULL)
		return cli_complain_more(c, "unknown stage", words[0],
		    "; did you mean '%s'? (a file's name needs a slash then: ./NAME)",
		    nearest_word(words[0], len));
	if (f == NULL) {
		outcome = read_end(c, words[0], outer, s);
	} else {
		char **values = is_quoted ? split(c, words[0], s) : words;
		outcome = values != NULL ? read_values(c, f, values + 1, s) : CLI_USAGE;
	}
	if (outcome == CLI_RUN && stage_is_end(s) && !outer)
		return cli_complain_more(
		    c, NULL, words[0], " can only be the first or the last stage");
	return outcome;
}

static bool
is_separator(const char *arg)
{
	return strcmp(arg, "|") == 0 || strcmp(arg, "!") == 0;
}

/* Complain about separators that have no stage between them, or nothing on one side. */
static enum cli_outcome
check_separators(const struct cli *c)
{
	const char *before = NULL; /* the separator right before */

	for (size_t i = 0; i < c->n_operands; i++) {
		const char *arg = c->operands[i];
		bool is_one = is_separator(arg);

		if (is_one && i == 0)
			return cli_complain(c, "missing stage before", arg);
		if (is_one && before != NULL)
			return cli_complain_more(
			    c, "missing stage between", before, " and '%s'", arg);
		before = is_one ? arg : NULL;
	}
	if (before != NULL)
		return cli_complain(c, "missing stage after", before);
	return CLI_RUN;
}

enum cli_outcome
stages_parse(struct cli *c, struct pipe_opts *opts)
{
	size_t begin = 0;

	if (check_separators(c) != CLI_RUN)
		return CLI_USAGE;
	/* one more, because none at all is right too */
	opts->stages = calloc(c->n_operands + 1, sizeof(*opts->stages));
	if (opts->stages == NULL)
		return cli_complain(c, "out of memory", NULL);
	while (begin < c->n_operands) {
		size_t end = begin + 1;
		bool outer = begin == 0;

		while (end < c->n_operands && !is_separator(c->operands[end]))
			end++;
		outer |= end == c->n_operands;
		c->operands[end] = NULL; /* argv has one behind the last operand */
		if (read_stage(c, c->operands + begin, outer, &opts->stages[opts->n_stages++]) !=
		    CLI_RUN)
			return CLI_USAGE;
		begin = end + 1;
	}
	return CLI_RUN;
}

void
stages_release(struct pipe_opts *opts)
{
	for (size_t i = 0; i < opts->n_stages; i++)
		free(opts->stages[i].words);
	free(opts->stages);
	opts->stages = NULL;
	opts->n_stages = 0;
}

void
stages_print_help(void)
{
	puts("\nStages, separated by '|' or '!', each one argument or several:");
	for (size_t i = 0; i < N_FORMS; i++) {
		char left[32]; /* what fits before the second column */

		if (forms[i].help == NULL)
			continue;
		(void)snprintf(left, sizeof(left), "  %s %s", forms[i].word,
		    forms[i].arg != NULL ? forms[i].arg : "");
		help_print_row(left, forms[i].help);
	}
	help_print_row(
	    "  NAME", "first or last: the file NAME; ./NAME if NAME is one of these words");
	help_print_row("  -", "first or last: standard input or output, which are the default");
	help_print_row("  fd:N", "first or last: descriptor N");
}
