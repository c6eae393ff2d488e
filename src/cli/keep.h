/* SPDX-License-Identifier: BSD-2-Clause */
/* --preserve and what goes with it, for every verb that keeps or compares attributes. */
#ifndef DECANT_CLI_KEEP_H
#define DECANT_CLI_KEEP_H

#include "cli/state.h"

/* Set in K, or with KEEP false clear, what BITS of enum keep_bit name. */
void keep_set(struct keep *k, unsigned bits, bool keep);
/* Find what the comma-separated LIST of words, a value of O, names; *BITS is all of it.  CLI_RUN or, after a
 * complaint, CLI_USAGE. */
enum cli_outcome keep_list(
    const struct cli *c, const struct opt *o, const char *list, unsigned *bits);

#endif
