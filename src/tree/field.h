/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields of a line of a manifest.  What is not written in the one way in which we write it is no field. */
#ifndef DECANT_FIELD_H
#define DECANT_FIELD_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* A piece of a line. */
struct field {
	const char *at; /* not NUL-terminated; borrowed */
	size_t len;     /* bytes */
};

/* Whether F is WORD. */
bool field_is(struct field f, const char *word);
/* Cut off *FIRST, what is before the first BY in REST, which then begins behind it; false if there is none. */
bool field_cut(struct field *rest, char by, struct field *first);

/* What follows takes F, the whole of it, as what the names say; false: it is none. */

/* A number without leading zeros that is at most MOST. */
bool field_number(struct field f, uint64_t most, uint64_t *n);
/* The first two hex digits of P, which has LEN bytes. */
bool field_byte(const char *p, size_t len, unsigned char *byte);
/* A text that is not empty, as the bytes that it stands for, into S; AGAIN is room. */
bool field_text(struct field f, struct str *again, struct str *s);
/* A digest of *SIZE bytes, at most MANIFEST_DIGEST; of any length if that is 0, and then *SIZE is set. */
bool field_digest(struct field f, size_t *size, unsigned char *digest);
/* Permissions: four octal digits. */
bool field_mode(struct field f, mode_t *mode);
/* A time: seconds, a point, nine digits. */
bool field_time(struct field f, struct timespec *t);

#endif
