/* SPDX-License-Identifier: BSD-2-Clause */
/* The stages of a pipeline, from arguments to data; run/pipe.h says how they are written. */
#ifndef DECANT_STAGES_H
#define DECANT_STAGES_H

#include "cli/state.h"

/*
 * Read the operands of C into the stages of OPTS, which stages_release() frees whatever the outcome.
 * Separators among the operands become NULL.  CLI_RUN or, after a complaint, CLI_USAGE.
 */
enum cli_outcome stages_parse(struct cli *c, struct pipe_opts *opts);
/* Free what stages_parse() allocated for OPTS. */
void stages_release(struct pipe_opts *opts);
/* Print on stdout what can be a stage. */
void stages_print_help(void);

#endif
