/* SPDX-License-Identifier: BSD-2-Clause */
/* What options that are about a struct keep do, beside those of keep.def. */
#ifndef DECANT_CLI_KEEP_H
#define DECANT_CLI_KEEP_H

#include "cli/table.h"

/* Set in K, or with KEEP false clear, what BITS of enum keep_bit name. */
void keep_set(struct keep *k, unsigned bits, bool keep);

#endif
