/* SPDX-License-Identifier: BSD-2-Clause */
/* A command that was written in one line, split as a shell does. */
#include "pipe/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is read, and where it goes. */
struct splitter {
	const char *at;  /* the rest of the text */
	char *to;        /* where the next byte of a word goes */
	const char *why; /* what is wrong, NULL = nothing */
};

/* After a backslash: the byte it protects; before the end of a line, both are nothing. */
static void
take_escaped(struct splitter *s)
{
	if (*s->at == '\0')
		s->why = "it ends with a backslash";
	else if (*s->at == '\n')
		s->at++;
	else
		*s->to++ = *s->at++;
}

/* After a single quote: everything up to the next one. */
static void
take_single(struct splitter *s)
{
	while (*s->at != '\0' && *s->at != '\'')
		*s->to++ = *s->at++;
	if (*s->at == '\0')
		s->why = "a single quote is not closed";
	else
		s->at++;
}

/* After a double quote: likewise, but a backslash protects what would be special to a shell. */
static void
take_double(struct splitter *s)
{
	while (s->why == NULL && *s->at != '\0' && *s->at != '"') {
		char c = *s->at++;
		if (c == '\\' && *s->at != '\0' && strchr("$`\"\\\n", *s->at) != NULL)
			take_escaped(s);
		else
			*s->to++ = c;
	}
	if (*s->at == '\0')
		s->why = "a double quote is not closed";
	else
		s->at++;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static void
take_word(struct splitter *s)
{
	while (s->why == NULL && *s->at != '\0' && !is_blank(*s->at)) {
		char c = *s->at++;
		if (c == '\'')
			take_single(s);
		else if (c == '"')
			take_double(s);
		else if (c == '\\')
			take_escaped(s);
		else
			*s->to++ = c;
	}
	*s->to++ = '\0';
}

/* Step over blanks, and over lines that a backslash joins; true when a word follows. */
static bool
next_word(struct splitter *s)
{
	for (;;)
		if (is_blank(*s->at))
			s->at++;
		else if (s->at[0] == '\\' && s->at[1] == '\n')
			s->at += 2;
		else
			return *s->at != '\0';
}

struct err
command_split(const char *text, char ***argv, const char **why)
{
	/* Each word takes a byte at least, and but for the last one a blank; its NUL fits in there. */
	size_t len = strlen(text), n = 0, words = len / 2 + 2;

	*why = NULL;
	char **list = calloc(1, words * sizeof *list + len + 1);
	if (list == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	struct splitter s = { .at = text, .to = (char *)(list + words) };
	while (s.why == NULL && next_word(&s)) {
		list[n++] = s.to;
		take_word(&s);
	}
	if (s.why == NULL && n == 0)
		s.why = "it is empty";
	if (s.why != NULL) {
		free(list);
		*why = s.why;
		return err_make(EINVAL, OP_REFUSE, SIDE_NONE, -1);
	}
	*argv = list;
	return ERR_OK;
}

size_t
command_before_bar(const char *text)
{
	char quote = '\0';
	size_t i = 0;

	for (; text[i] != '\0' && (quote != '\0' || text[i] != '|'); i++) {
		char c = text[i];
		if (c == '\\' && quote != '\'' && text[i + 1] != '\0')
			i++;
		else if (c == quote)
			quote = '\0';
		else if (quote == '\0' && (c == '\'' || c == '"'))
			quote = c;
	}
	return i;
}
