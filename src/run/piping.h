/* SPDX-License-Identifier: BSD-2-Clause */
/* What one run of `pipe` holds, and the two halves of setting it up: its stages and its ends. */
#ifndef DECANT_PIPING_H
#define DECANT_PIPING_H

#include "pipe/pipeline.h"
#include "pipe/tapkinds.h"
#include "run/outfile.h"
#include "run/pipe.h"

#include <stdatomic.h>

/* What belongs to one stage beside the stage itself. */
struct piping_stage {
	const struct stage_spec *spec;  /* what was asked for */
	const struct digest_algo *algo; /* of hash */
	char digest[DIGEST_TEXT];       /* of hash: hex, "" until the whole stream has passed */
	struct tap_counts counts;       /* of count */
	struct outfile file;            /* of tee */
	const char *label;              /* name of the stage, for results; borrowed from it */
};

/* An outer end. */
struct piping_end {
	struct end end;      /* as the pipeline gets it */
	struct outfile file; /* of a sink that is a named file */
	char label[24];      /* its name if that is a descriptor's, "fd:N" */
	bool is_std;         /* standard input or output */
	int peer;            /* a sink that is a connection: owned here, so that it is closed when
	                      * all is known, and lent to the pipeline; -1 = none */
};

/* One run of `pipe`. */
struct piping {
	const struct pipe_opts *opts; /* what was asked for */
	struct report *report;        /* locks itself */
	struct cancel *cancel;        /* borrowed */
	atomic_bool expired;          /* CANCEL was requested because the time was up */
	struct pipeline *pipeline;    /* owned */
	struct piping_stage *stages;  /* [n], those that are no ends; owned */
	size_t n;                     /* number of them */
	struct piping_end source;     /* the first end */
	struct piping_end sink;       /* the last end */
};

/* Tell that SPEC's NAME failed with WHY, NOTE in words or NULL. */
void piping_tell(struct piping *p, const char *name, struct err why, const char *note);

/* Make the stages of P's options, in its pipeline; files of tee are begun by piping_open().  False: it
 * was told why not. */
bool piping_make_stages(struct piping *p);
/* Find out what P's ends are, without opening anything.  False: it was told why not. */
bool piping_look_at_ends(struct piping *p);
/* True when opening P's ends may take long: somebody else has to come first. */
bool piping_open_waits(const struct piping *p);
/* Open P's ends and the files of its stages.  Any thread.  Blocks until P's cancel.
 * False: it was told why not, unless that was a cancellation. */
bool piping_open(struct piping *p);
/* Make what P wrote appear, results too, when WELL, else give it up. */
void piping_conclude(struct piping *p, bool well);
/* Free what P owns. */
void piping_release(struct piping *p);

#endif
