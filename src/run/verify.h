/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb verify: two trees compared, nothing changed. */
#ifndef DECANT_VERIFY_H
#define DECANT_VERIFY_H

#include "report/report.h"
#include "run/parts.h"
#include "sys/meta.h"

/* What one run of `verify` was asked to do; const once the run starts.  Pointers into argv are borrowed. */
struct verify_opts {
	struct keep keep;          /* attributes to compare beside names, types and contents */
	struct walk_opts walk;     /* the walk */
	struct select_opts select; /* what to leave out */
	struct report_opts report; /* output */
	int jobs;                  /* workers, 0 = chosen by the program */
	bool quick;        /* files are equal that have the same size and modification time */
	bool ignore_extra; /* what only the second tree has is no difference */
	char **operands;   /* [n_operands]: the two trees, or files */
	size_t n_operands; /* number of them */
};

/*
 * Carry out OPTS.  Main thread; SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGPIPE are blocked.
 * Every difference and failure has been reported when it returns; the result is the exit status, or
 * 128 + n after signal n, which the caller re-raises.
 */
int verify_run(struct verify_opts *opts);

#endif
