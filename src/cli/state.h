/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of reading a command line, and how to say what is wrong with it. */
#ifndef DECANT_STATE_H
#define DECANT_STATE_H

#include "cli/options.h"

/* A command line that is being read. */
struct cli {
	struct copy_opts *opts; /* what has been understood; borrowed */
	const char *command;    /* what usage calls it: "decant copy" or "cp" */
	size_t argc;            /* arguments: no more rules than that can come */
	bool follow_given;      /* one of -H -L -P -d -a was given; the last one is in OPTS */

	enum {
		ASK_UNSET, /* neither -i nor -n */
		ASK_USER,  /* -i was the last of them */
		ASK_NEVER  /* -n was */
	} ask;             /* what to do about existing files */

	bool backup;         /* some option asked for backups */
	bool progress_given; /* --progress was given; it is in OPTS */
	const char *control; /* CONTROL of the last --backup that had one, or NULL */
	const char *suffix;  /* the last --suffix, or NULL */
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

/*
 * After the last option: add what the environment says and what the options mean together, and
 * check them and the operands.  CLI_RUN or, after a complaint, CLI_USAGE.
 */
enum cli_outcome cli_settle(struct cli *c);

struct word;

/*
 * Find VALUE in LIST; *MEANING is what it stands for.  NAME is the option, with its dashes, or the
 * variable that holds VALUE.  CLI_RUN or, after a complaint, CLI_USAGE.
 */
enum cli_outcome cli_choose(const struct cli *c, const char *name, const char *value,
    const struct word *list, unsigned *meaning);
/* Take VALUE for the number of workers, likewise. */
enum cli_outcome cli_take_jobs(const struct cli *c, const char *name, const char *value);
/* Take VALUE for when to show progress, likewise. */
enum cli_outcome cli_take_progress(const struct cli *c, const char *name, const char *value);

#endif
