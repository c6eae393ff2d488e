/* SPDX-License-Identifier: BSD-2-Clause */
/* What the options that several verbs share do; apply_X of a row "X" of the shared .def files. */
#ifndef DECANT_APPLY_H
#define DECANT_APPLY_H

#include "cli/table.h"

opt_apply apply_exclude;         /* add a rule to a struct select_opts */
opt_apply apply_include;         /* likewise */
opt_apply apply_exclude_from;    /* likewise */
opt_apply apply_include_from;    /* likewise */
opt_apply apply_filter;          /* likewise */
opt_apply apply_rsync_filter;    /* likewise */
opt_apply apply_from0;           /* names of a struct select_opts end with NUL */
opt_apply apply_no_dereference;  /* set an enum follow: no link */
opt_apply apply_follow_operands; /* likewise: those among the operands */
opt_apply apply_dereference;     /* likewise: all */
opt_apply apply_preserve;        /* set what is named in a struct keep */
opt_apply apply_max_delete;      /* set the most that a struct delete_opts lets go */
opt_apply apply_no_preserve;     /* clear it */
opt_apply apply_jobs;            /* set an int to a number of workers */
opt_apply apply_rate;            /* set an int64_t to bytes a second */
opt_apply apply_hash;            /* find algorithms for a struct hash_algos */
opt_apply apply_through;         /* add commands to a struct through_opts */
opt_apply apply_progress;        /* set an enum progress_when */
opt_apply apply_color;           /* check the value; no output has color */
opt_apply apply_help;            /* print help */
opt_apply apply_version;         /* print the version */

#endif
