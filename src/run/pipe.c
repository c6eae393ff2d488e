/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb pipe, not yet: stand-ins, so that the program links. */
#include "run/pipe.h"

#include "base/own.h"
#include "pipe/command.h"
#include "sys/file.h"

#include <errno.h>
#include <string.h>

int
pipe_run(struct pipe_opts *)
{
	static const char said[] = "decant: pipe cannot run yet\n";

	(void)file_write_all(2, said, sizeof(said) - 1); /* there is nobody else to tell */
	return EXIT_USAGE;
}

/* Weak, like the next one: the real one wins. */
[[gnu::weak]] bool
verdict_ignore_parse(const char *text, struct verdict_ignore *ig)
{
	ig->pipe |= strcmp(text, "pipe") == 0;
	ig->any |= strcmp(text, "any") == 0;
	return strcmp(text, "pipe") == 0 || strcmp(text, "any") == 0 ||
	       strncmp(text, "exit:", 5) == 0 || strncmp(text, "signal:", 7) == 0;
}

[[gnu::weak]] struct err
command_split(const char *text, char ***argv, const char **why)
{
	size_t room = (strlen(text) / 2 + 2) * sizeof(char *), n = 0;
	char **words = calloc(1, room + strlen(text) + 1);
	char quote = '\0', *to;
	bool inside = false;

	if (words == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	to = (char *)words + room;
	for (; *text != '\0'; text++) {
		if (quote == '\0' && strchr(" \t\n", *text) != NULL) {
			inside = false;
			to++;
			continue;
		}
		if (!inside)
			words[n++] = to;
		inside = true;
		if (*text == quote)
			quote = '\0';
		else if (quote == '\0' && strchr("'\"", *text) != NULL)
			quote = *text;
		else if (quote != '\'' && *text == '\\' && text[1] != '\0')
			*to++ = *++text;
		else
			*to++ = *text;
	}
	if (quote != '\0') {
		free(words);
		*why = "a quote is not closed";
		return err_make(EINVAL, OP_REFUSE, SIDE_NONE, -1);
	}
	*argv = words;
	return ERR_OK;
}
