/* SPDX-License-Identifier: BSD-2-Clause */
/* What --help and --version print. */
#ifndef DECANT_HELP_H
#define DECANT_HELP_H

#include "cli/state.h"

/*
 * Print, on stdout, the short help: usage of all verbs, the common options and examples, on at most 40
 * lines of 79 columns.  CLI_DONE; or CLI_USAGE, without a word, when stdout cannot be written.
 */
enum cli_outcome help_print_common(const struct cli *c);
/* Print usage and all options of VERB, by group, likewise. */
enum cli_outcome help_print_verb(const struct cli *c, const struct verb *verb);
/* Print that of every verb, or of the one that the program is called by, likewise. */
enum cli_outcome help_print_all(const struct cli *c);
/* Print version, license and features, likewise. */
enum cli_outcome help_print_version(void);

/* Print LEFT, at most 31 bytes, and behind it HELP, wrapped: a row of a list. */
void help_print_row(const char *left, const char *help);

#endif
