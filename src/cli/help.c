/* SPDX-License-Identifier: BSD-2-Clause */
/* What --help and --version print. */
#include "cli/help.h"

#include "cli/table.h"

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

static void
print_usage(const char *command)
{
	printf("Usage: %s [OPTION]... SOURCE DEST\n", command);
	printf("  or:  %s [OPTION]... SOURCE... DIRECTORY\n", command);
	printf("  or:  %s [OPTION]... -t DIRECTORY SOURCE...\n", command);
	puts("Copy files and trees by the cheapest means that the kernel offers.");
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

static void
print_option(const struct opt *o)
{
	char left[HELP_COLUMN + 1] = "  ";
	size_t n = 2;

	for (const char *s = o->shorts; s != NULL && *s != '\0'; s++)
		n += (size_t)snprintf(left + n, sizeof(left) - n, "%s-%c", n > 2 ? ", " : "", *s);
	if (o->name != NULL)
		n += (size_t)snprintf(left + n, sizeof(left) - n, "%s%s%s",
		    o->shorts != NULL ? ", " : "    ", o->name, o->arg != NULL ? o->arg : "");
	fputs(left, stdout);
	print_wrapped(o->help, n);
}

enum cli_outcome
help_print_common(const struct cli *c)
{
	const char *command = c->command;

	print_usage(command);
	puts("\nCommon options:");
	for (size_t i = 0; i < opt_count; i++) {
		if (opt_table[i].common)
			print_option(&opt_table[i]);
	}
	puts("\nExamples:");
	printf("  %s -a photos /mnt/backup\n", command);
	puts("        copy a tree with everything that is known about it");
	printf("  %s -au photos /mnt/backup\n", command);
	puts("        the same again: only what is newer than its copy");
	printf("  %s -r --exclude='*.o' --exclude=.git/ project /tmp\n", command);
	puts("        leave out what a pattern matches, as in .gitignore");
	printf("  %s --reflink=always disk.img disk-copy.img\n", command);
	puts("        share the blocks of a large file, or fail");
	printf("  find . -print0 | %s --files-from=- --from0 -t out\n", command);
	puts("        copy what another program names\n");
	puts("--help=all lists every option; 'man decant' tells more.");
	return outcome_of_stdout();
}

enum cli_outcome
help_print_all(const struct cli *c)
{
	enum opt_group group = GROUP_N;

	print_usage(c->command);
	for (size_t i = 0; i < opt_count; i++) {
		if (opt_table[i].group != group) {
			group = opt_table[i].group;
			printf("\n%s:\n", opt_group_title(group));
		}
		print_option(&opt_table[i]);
	}
	puts("\nLong options may be shortened as long as they stay unambiguous.");
	return outcome_of_stdout();
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
