/* SPDX-License-Identifier: BSD-2-Clause */
/* What the workers tell: outcomes of entries as events, with paths built only if somebody reads. */
#ifndef DECANT_TELL_H
#define DECANT_TELL_H

#include "run/run.h"

/* How one entry came out; what is told of it. */
struct carried {
	enum item_kind what;     /* its kind */
	enum item_action action; /* what was done */
	int64_t size;            /* logical bytes */
	struct moved moved;      /* how its content travelled */
	const char *note;        /* further words, or NULL */
	bool hashed;             /* the worker's digests are of its content */
	const char *hash;        /* digests of its content, as hashing_text() says; NULL = none */
	const char *verified;    /* how it was read back, see event.h; NULL = it was not */
	const char *backup;      /* path below the destination of the file saved, or NULL */
	int64_t began_ns;        /* when it began, 0 = not measured */
};

/* Tell that entry NAME of DIR came out as O: counted for the worker, rendered if somebody wants. */
void tell_item(struct worker *w, const struct entry *e, const struct carried *o);
/* Tell that E failed with WHY: an error, a vanished source, or the end of the run, by its class.
 * NOTE adds words, or is NULL. */
void tell_error(struct worker *w, const struct entry *e, struct err why, const char *note);
/* Tell that attribute NAME (NULL = what WHY says) of E could not be kept.  Quiet when only counting
 * was asked for. */
void tell_lost(struct worker *w, const struct entry *e, struct err why, const char *name);
/* Tell a failure that belongs to no entry: OPERAND as it was typed. */
void tell_operand_error(struct run *run, const char *src, struct err why, const char *note);
/* The kind of item that MODE is. */
enum item_kind kind_of_mode(mode_t mode);

#endif
