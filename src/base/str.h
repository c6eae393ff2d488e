/* SPDX-License-Identifier: BSD-2-Clause */
/* A growable byte string, and names made safe for people and machines. */
#ifndef DECANT_STR_H
#define DECANT_STR_H

#include "base/err.h"

#include <stdarg.h>
#include <stdint.h>

/*
 * A byte string: BUF is never NULL, always NUL-terminated at LEN, and may hold NULs within.
 * Zero-initialize with STR_INIT.  An append that runs out of memory sets FAILED and leaves the
 * rest alone, so that a long build is checked once, at its end, by str_check().
 */
struct str {
	char *buf;   /* len + 1 bytes */
	size_t len;  /* bytes, the terminating NUL not counted */
	size_t cap;  /* bytes allocated, 0 = BUF is the shared empty string */
	bool failed; /* an append ran out of memory */
};

extern char str_empty[1]; /* the shared empty string; never written */

/* An empty string that owns nothing. */
#define STR_INIT ((struct str){ .buf = str_empty })

/* Free what S owns and make it empty. */
void str_release(struct str *s);
/* Make S empty; keeps its memory, clears FAILED. */
void str_clear(struct str *s);
/* Append LEN bytes. */
void str_add(struct str *s, const void *bytes, size_t len);
/* Append a NUL-terminated string. */
void str_adds(struct str *s, const char *text);
/* Append one byte. */
void str_addc(struct str *s, char c);
/* Append N in decimal, with zeros before it if it has less than WIDTH digits, at most 20. */
void str_add_number(struct str *s, uint64_t n, unsigned width);
/* Append printf-formatted text. */
[[gnu::format(printf, 2, 3)]] void str_addf(struct str *s, const char *fmt, ...);
/* ENOMEM if an append has failed since the last clear, else success. */
struct err str_check(const struct str *s);

/* Append NAME[len] inside single quotes, as a shell would read it back; control characters, ESC and
 * bytes that are not valid UTF-8 become $'\...' pieces, so that no name can drive a terminal. */
void str_add_quoted(struct str *s, const char *name, size_t len);
/* Append NAME[len] bare when it is harmless, else quoted as by str_add_quoted(). */
void str_add_shown(struct str *s, const char *name, size_t len);
/* Append TEXT[len], words rather than a name, bare; what could drive a terminal becomes '?'. */
void str_add_text(struct str *s, const char *text, size_t len);
/* Append NAME[len] as a JSON string with its quotes; what is not valid UTF-8 becomes U+FFFD. */
void str_add_json(struct str *s, const char *name, size_t len);
/* Append BYTES[len] in base64 (RFC 4648, padded). */
void str_add_base64(struct str *s, const void *bytes, size_t len);

/* True when TEXT[len] is valid UTF-8: no surrogates, no overlong forms, at most U+10FFFF. */
bool utf8_is_valid(const char *text, size_t len);

#endif
