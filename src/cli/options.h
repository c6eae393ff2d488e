/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: from argv to what a run was asked to do. */
#ifndef DECANT_OPTIONS_H
#define DECANT_OPTIONS_H

#include "run/copy.h"
#include "run/hash.h"
#include "run/pipe.h"
#include "run/verify.h"

struct verb;

/* What is to be done after the command line was read. */
enum cli_outcome {
	CLI_RUN,   /* the run that was asked for */
	CLI_DONE,  /* nothing: help or version has been printed; exit 0 */
	CLI_USAGE, /* nothing: what is wrong has been said on stderr; exit EXIT_USAGE */
};

/* A command line that was understood. */
struct command {
	const struct verb *verb; /* what to do; its run() carries it out */

	union {
		struct copy_opts copy;     /* of the verb copy */
		struct pipe_opts pipe;     /* of the verb pipe */
		struct hash_opts hash;     /* of the verb hash */
		struct verify_opts verify; /* of the verb verify */
	};                                 /* how; which one, VERB says */
};

/*
 * Read the command line and the environment into CMD, which is initialized whatever the outcome;
 * cli_release() frees it.  ARGV is permuted and lent to CMD for as long as that lives.
 * Main thread, once (getopt_long has static state); prints help on stdout, complaints on stderr.
 */
enum cli_outcome cli_parse(int argc, char **argv, struct command *cmd);
/* Free what cli_parse() allocated for CMD. */
void cli_release(struct command *cmd);

#endif
