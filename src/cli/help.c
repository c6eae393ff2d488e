/* SPDX-License-Identifier: BSD-2-Clause */
/* What --help and --version print. */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

enum {
	HELP_COLUMN = 32, /* where the help texts begin: behind the longest option name */
	HELP_WIDTH = 79   /* columns of a line: fits 80 without wrapping */
};

/* What is on standard output now, as an outcome. */
static enum cli_outcome
outcome_of_stdout(void)
{
	return fflush(stdout) == 0 && ferror(stdout) == 0 ? CLI_DONE : CLI_USAGE;
}

/* Print one line of usage, LEAD before it: of VERB with what follows it. */
static void
print_form(const struct cli *c, const struct verb *verb, const char *form, const char *lead)
{
	bool is_alone = strcmp(c->program, c->command) == 0 && c->verb == verb;

	if (is_alone)
		printf("%s%s %s\n", lead, c->program, form);
	else
		printf("%sdecant %s %s\n", lead, verb->name, form);
}

/* Print WORDS between HELP_COLUMN and HELP_WIDTH; the cursor is at COLUMN. */
static void
print_wrapped(const char *words, size_t column)
{
	while (*words != '\0') {
		size_t len = strlen(words);
		size_t room = HELP_WIDTH - HELP_COLUMN;
		size_t pad = column < HELP_COLUMN ? HELP_COLUMN - column : 0;

		if (len > room) {
			len = room;
			while (words[len] != ' ')
				len--;
		}
		printf("%*s%.*s\n", (int)pad, "", (int)len, words);
		words += len;
		words += strspn(words, " ");
		column = 0;
	}
}

void
help_print_row(const char *left, const char *help)
{
	fputs(left, stdout);
	print_wrapped(help, strlen(left));
}

static void
print_option(const struct opt *o)
{
	char left[HELP_COLUMN + 1] = "  ";
	size_t n = 2;

	for (const char *s = o->shorts; s != NULL && *s != '\0'; s++)
		n += (size_t)snprintf(left + n, sizeof(left) - n, "%s-%c", n > 2 ? ", " : "", *s);
	if (o->name != NULL)
		(void)snprintf(left + n, sizeof(left) - n, "%s%s%s",
		    o->shorts != NULL ? ", " : "    ", o->name, o->arg != NULL ? o->arg : "");
	help_print_row(left, o->help);
}

/* Print the common options of VERB that no verb before it has; those that share a name are the same. */
static void
print_common_options(const struct verb *verb)
{
	for (size_t i = 0; i < verb->table.n_opts; i++) {
		const struct opt *o = &verb->table.opts[i];
		size_t v = 0;

		if (!o->common)
			continue;
		while (verbs[v] != verb &&
		       opt_by_name(&verbs[v]->table, o->name, strlen(o->name)) == NULL)
			v++;
		if (verbs[v] == verb)
			print_option(o);
	}
}

enum cli_outcome
help_print_common(const struct cli *c)
{
	for (size_t i = 0; verbs[i] != NULL; i++)
		print_form(c, verbs[i], verbs[i]->forms[0], i == 0 ? "Usage: " : "  or:  ");
	puts("Copy, sync, verify, pack and pass on data by the cheapest means there are.");
	puts("\nCommon options:");
	for (size_t i = 0; verbs[i] != NULL; i++)
		print_common_options(verbs[i]);
	puts("\nExamples:");
	puts("  decant copy -a photos /mnt/backup");
	puts("        copy a tree with everything that is known about it");
	puts("  decant sync -a --delete --exclude=.git/ project/ /mnt/backup/project");
	puts("        make a copy equal, whatever has changed on either side");
	puts("  decant verify -a photos /mnt/backup/photos");
	puts("        show what differs, down to the last byte");
	puts("  decant pack -f site.tar.zst site; decant unpack site.tar.zst -C /srv");
	puts("        a tree as an archive, and back");
	puts("  decant pipe a.img '|' hash sha256 '|' cmd 'zstd -3' '|' a.img.zst");
	puts("        compress a file, and digest it on the way\n");
	puts("--help=VERB lists every option of a verb; 'man decant' tells more.");
	return outcome_of_stdout();
}

enum cli_outcome
help_print_verb(const struct cli *c, const struct verb *verb)
{
	const struct opt_table *t = &verb->table;
	enum opt_group group = GROUP_N;

	for (size_t i = 0; verb->forms[i] != NULL; i++)
		print_form(c, verb, verb->forms[i], i == 0 ? "Usage: " : "  or:  ");
	puts(verb->purpose);
	for (size_t i = 0; i < t->n_opts; i++) {
		if (t->opts[i].group != group) {
			group = t->opts[i].group;
			printf("\n%s%s%s:\n", opt_group_title(group),
			    group == GROUP_WHAT ? " " : "", group == GROUP_WHAT ? verb->name : "");
		}
		print_option(&t->opts[i]);
	}
	if (verb->print_more != NULL)
		verb->print_more();
	puts("\nLong options may be shortened as long as they stay unambiguous.");
	return outcome_of_stdout();
}

enum cli_outcome
help_print_all(const struct cli *c)
{
	bool is_alone = c->verb != &verb_none && strcmp(c->program, c->command) == 0;
	enum cli_outcome outcome = CLI_DONE;

	if (is_alone)
		return help_print_verb(c, c->verb);
	for (size_t i = 0; verbs[i] != NULL && outcome == CLI_DONE; i++) {
		if (i > 0)
			puts("");
		outcome = help_print_verb(c, verbs[i]);
	}
	return outcome;
}

enum cli_outcome
help_print_version(void)
{
	puts("decant " PACKAGE_VERSION "\n"
	     "Copyright (c) 2026 the decant authors\n"
	     "License: BSD-2-Clause\n"
	     "Features: +reflink +copy_file_range +sendfile +sparse +acl +xattr");
	return outcome_of_stdout();
}
