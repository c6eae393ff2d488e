/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of reading a command line, and how to say what is wrong with it. */
#ifndef DECANT_STATE_H
#define DECANT_STATE_H

#include "cli/verb.h"

/* What options of copy ask for before they are settled with each other. */
struct copy_asked {
	bool follow_given; /* one of -H -L -P -d -a was given; the last one is in the options */

	enum {
		ASK_UNSET, /* neither -i nor -n */
		ASK_USER,  /* -i was the last of them */
		ASK_NEVER  /* -n was */
	} ask;             /* what to do about existing files */

	bool backup;         /* some option asked for backups */
	const char *control; /* CONTROL of the last --backup that had one, or NULL */
	const char *suffix;  /* the last --suffix, or NULL */
};

/* A command line that is being read. */
struct cli {
	struct command *cmd;     /* what has been understood; borrowed */
	const struct verb *verb; /* its verb; verb_none before it is known */
	void *opts;              /* the verb's options in CMD, for opt_field() */
	const char *program;     /* what messages begin with: "decant", or "cp" when called so */
	char command[24];  /* what usage calls it: "decant copy" or "cp"; no verb has 16 bytes */
	size_t argc;       /* arguments: no more rules or stages than that can come */
	char **operands;   /* operands [n_operands], and NULL; borrowed from argv */
	size_t n_operands; /* number of them */
	enum color_when color;  /* the last --color; with a verb it becomes the report's */
	bool given[OPT_MAX];    /* which options of the verb were given, by their index */
	struct copy_asked copy; /* of the verb copy */
	int verbose;            /* how often -v was given, for the verb sync */
};

/*
 * Say on stderr "PROGRAM: WHAT 'CULPRIT'" and where help is.  WHAT or CULPRIT may be NULL; CULPRIT
 * is a piece of the command line and is quoted so that it cannot drive a terminal.
 * Returns CLI_USAGE.
 */
enum cli_outcome cli_complain(const struct cli *c, const char *what, const char *culprit);
/* Likewise, with formatted text right behind the culprit. */
[[gnu::format(printf, 4, 5)]] enum cli_outcome cli_complain_more(
    const struct cli *c, const char *what, const char *culprit, const char *format, ...);
/* Complain that VALUE is none for NAME, an option or a stage, which wants CHOICE.  Returns CLI_USAGE. */
enum cli_outcome cli_complain_value(
    const struct cli *c, const char *name, const char *value, const char *choice);

/* Number of elements of ARRAY. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Two options that exclude each other. */
struct cli_pair {
	bool both;         /* both were given */
	const char *one;   /* with its dashes */
	const char *other; /* likewise */
};

/* Complain of the first of PAIRS [n] that was given.  CLI_RUN or, after the complaint, CLI_USAGE. */
enum cli_outcome cli_refuse_pairs(const struct cli *c, const struct cli_pair *pairs, size_t n);

/*
 * Find VALUE in LIST; *MEANING is what it stands for.  NAME is the option, with its dashes, or the
 * variable that holds VALUE.  CLI_RUN or, after a complaint, CLI_USAGE.
 */
enum cli_outcome cli_choose(const struct cli *c, const char *name, const char *value,
    const struct word *list, unsigned *meaning);
/* The environment variable NAME; NULL when it is unset or empty. */
const char *cli_variable(const char *name);

/* Settle --backup and --suffix, of verbs whose options begin with those of copy, with the environment. */
enum cli_outcome cli_settle_backup(struct cli *c);
/* Settle sync's options with each other and with the operands: verb.settle. */
enum cli_outcome sync_settle(struct cli *c);
/* Settle copy's options with the environment, with each other and with the operands: verb.settle. */
enum cli_outcome copy_settle(struct cli *c);

#endif
