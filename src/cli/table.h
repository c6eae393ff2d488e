/* SPDX-License-Identifier: BSD-2-Clause */
/* A verb's options as data: what getopt_long, the help pages and the suggestions are made of. */
#ifndef DECANT_TABLE_H
#define DECANT_TABLE_H

#include "cli/options.h"
#include "cli/words.h"

#include <getopt.h>

/* The groups of --help=VERB and of the manual, in their order. */
enum opt_group {
	GROUP_WHAT,     /* which sources, and what of them */
	GROUP_LINKS,    /* symbolic and hard links */
	GROUP_WHERE,    /* destination */
	GROUP_EXISTING, /* existing files */
	GROUP_KEEP,     /* attributes */
	GROUP_CHECK,    /* checking against a list */
	GROUP_COMMANDS, /* commands that are run */
	GROUP_DATA,     /* how data is moved */
	GROUP_OUTPUT,   /* output */
	GROUP_EVERY,    /* what every verb takes */
	GROUP_N         /* number of groups */
};

struct cli;
struct opt;

/* Carry out option O with VALUE, NULL when there is none.  CLI_RUN = go on. */
typedef enum cli_outcome opt_apply(struct cli *c, const struct opt *o, const char *value);

/* One option. */
struct opt {
	const char *shorts;   /* its letters, each a synonym; NULL = none */
	const char *name;     /* its long name with the dashes; NULL = none */
	const char *arg;      /* "=X" = required value, "[=X]" = optional, NULL = none */
	const char *help;     /* what it does, one sentence without a full stop */
	enum opt_group group; /* where it is listed */
	bool common;          /* in the short help too */

	enum {
		OPT_APPLY, /* calls APPLY */
		OPT_FLAG,  /* sets a bool */
		OPT_TEXT,  /* sets a const char * to the value */
		OPT_WORD   /* sets an enum to the value's meaning in WORDS */
	} kind;            /* how it takes effect */

	size_t field; /* offset in the verb's options; what APPLY makes of it is its own */
	const struct word *words; /* for OPT_WORD */
	opt_apply *apply;         /* for OPT_APPLY */
};

/* An option of another tool. */
struct alien {
	const char *name;   /* with its dashes */
	const char *advice; /* what to add to "is not an option of VERB", may be empty */
};

/* The options of one verb. */
struct opt_table {
	const struct opt *opts;     /* by group [n_opts] */
	size_t n_opts;              /* number of them; at most OPT_MAX */
	const struct alien *aliens; /* what other tools take and this verb does not [n_aliens] */
	size_t n_aliens;            /* number of them */
	bool first; /* options end at the first operand, whatever POSIXLY_CORRECT says */
};

enum {
	OPT_MAX = 80, /* room for options in arrays; each verb checks that it suffices */
	OPT_LONG_VAL =
	    256 /* what getopt_long() returns for the long name of opts[0]; above any letter */
};

/* The heading of G; static storage.  That of GROUP_WHAT is to be followed by the verb. */
const char *opt_group_title(enum opt_group g);
/* The option of T with LETTER; NULL = none. */
const struct opt *opt_by_letter(const struct opt_table *t, int letter);
/* The option of T that getopt_long() means by VAL: a letter, or OPT_LONG_VAL + index; NULL = none. */
const struct opt *opt_by_val(const struct opt_table *t, int val);
/* The option of T that is NAME[len], "-x" or "--long" in full; NULL = none. */
const struct opt *opt_by_name(const struct opt_table *t, const char *name, size_t len);
/* What other tools mean by NAME[len], which includes its dashes; NULL = not known. */
const struct alien *opt_alien(const struct opt_table *t, const char *name, size_t len);
/* The long name of T most like NAME[len], both with their dashes; NULL = nothing is near. */
const char *opt_nearest(const struct opt_table *t, const char *name, size_t len);
/* Fill what getopt_long(3) wants: LONGS ends with an empty one, LETTERS with a NUL. */
void opt_getopt(const struct opt_table *t, struct option longs[static OPT_MAX + 1],
    char letters[static 2 * OPT_MAX + 3]);
/* What option O fills in the options of the verb that C reads; borrowed. */
void *opt_field(const struct cli *c, const struct opt *o);
/* Carry out option O, of whichever kind. */
opt_apply opt_carry_out;

#endif
