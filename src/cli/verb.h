/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs of the program, and all that differs between them. */
#ifndef DECANT_VERB_H
#define DECANT_VERB_H

#include "cli/table.h"

/* One verb. */
struct verb {
	const char *name;         /* as it is typed */
	const char *alias;        /* another word for it; NULL = none */
	const char *const *forms; /* what follows the verb in its usage, NULL-terminated */
	const char *purpose;      /* what it does, one sentence for help */
	struct opt_table table;   /* its options */

	/* Give the verb's options in C their defaults; returns where its report's options are. */
	struct report_opts *(*begin)(struct cli *c);
	/* After the last option: settle what options and operands mean together, and check them.
	 * CLI_RUN or, after a complaint, CLI_USAGE. */
	enum cli_outcome (*settle)(struct cli *c);
	/* Print what help has to say behind the options; NULL = nothing. */
	void (*print_more)(void);
	/* Carry it out; returns the exit status, or 128 + n after signal n, which is to be raised. */
	int (*run)(struct command *cmd);
	/* Free what the verb's options own. */
	void (*release)(struct command *cmd);
};

extern const struct verb verb_copy;   /* copy */
extern const struct verb verb_hash;   /* hash */
extern const struct verb verb_verify; /* verify */
extern const struct verb verb_pipe;   /* pipe */
extern const struct verb verb_none; /* no verb at all: options that may stand alone; not in verbs */
extern const struct verb
    *const verbs[]; /* all that can be typed, as help lists them, NULL-terminated */

/* The verb that NAME is, or is the alias of; NULL = none. */
const struct verb *verb_find(const char *name);
/* The verb most like NAME; NULL = nothing is near. */
const struct verb *verb_nearest(const char *name);
/* The first verb but BUT with an option NAME[len], "-x" or "--long" in full; NULL = none. */
const struct verb *verb_with_option(const struct verb *but, const char *name, size_t len);
/* Append the names of all verbs as people say them: "copy, verify or pipe". */
void verbs_add(struct str *s);

#endif
