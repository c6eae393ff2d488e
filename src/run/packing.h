/* SPDX-License-Identifier: BSD-2-Clause */
/* What one run of pack holds, and the thread of it that writes the archive. */
#ifndef DECANT_PACKING_H
#define DECANT_PACKING_H

#include "pipe/pipeline.h"
#include "pipe/squeeze.h"
#include "run/ahead.h"
#include "run/hashing.h"
#include "run/manifestout.h"
#include "run/pack.h"
#include "run/packattrs.h"
#include "run/packwalk.h"

/* The digests of one stream. */
struct pack_digests {
	struct packing *packing; /* back */
	const char *what;        /* what is told of the stream, or NULL */
	struct str lines;        /* "sha256:9f86...  x.tar", one a digest */
	struct str values;       /* "sha256:9f86...", likewise */
};

/* One run of pack. */
struct packing {
	struct run run;                  /* first */
	const struct pack_opts *opts;    /* what was asked for */
	const struct arc_module *module; /* borrowed; NULL = a dry run */
	struct ahead *ahead;             /* locks itself */
	struct ahead_ops ahead_ops;      /* for it */
	struct packwalk *walk;           /* used by one worker at a time */
	struct pack_attrs attrs;         /* for making members */
	struct pack_wants wants;         /* for preparing */
	struct squeeze squeeze;          /* compression, if the archive has any around it */
	struct pieces_how pieces;        /* how the writer does that itself */
	bool fused;                      /* it does: nobody wants to see what is between */
	struct pack_digests plain;       /* of what the writer writes */
	struct pack_digests packed;      /* of what the compressor makes of it */
	struct manifestout manifest;     /* what was packed, if that was asked for */
	struct outfile file;             /* the archive, unless it is standard output */
	char said[ARC_TEXT];             /* by the module, of what ended the run; "" = nothing */
	bool well;                       /* the archive is complete */
};

/* The body of the stage that writes the archive; ARG is a struct packing. */
struct err packing_write(void *arg, struct in *in, struct out *out, bool *early);
/* Compression is a stage of its own. */
bool packing_deflates(const struct packing *p);

#endif
