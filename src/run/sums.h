/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of digests and names, as sha256sum, b2sum and xxhsum write and read them. */
#ifndef DECANT_SUMS_H
#define DECANT_SUMS_H

#include "base/str.h"
#include "pipe/digest.h"

/*
 * A line is "HEX  NAME", "HEX *NAME" or, with a tag, "ALGO (NAME) = HEX".  A name with a backslash, a line
 * feed or a carriage return is escaped, as "\\", "\n" and "\r", and the line then begins with a backslash;
 * not in lines that end with NUL.  By xxHash, a backslash alone is no reason.
 */

/* How lines are written. */
struct sums_form {
	bool tag;  /* as BSD has them */
	bool zero; /* end with NUL, nothing is escaped */
};

/* One line that was read; borrowed from the text. */
struct sums_line {
	const char *tag; /* algorithm as its tag has it, not NUL-terminated; NULL = none */
	size_t tag_len;  /* bytes of it */
	const char *hex; /* digest, not NUL-terminated */
	size_t hex_len;  /* digits of it */
	char *name;      /* unescaped, NUL-terminated */
};

/* Append the line for NAME, whose digest by ALGO is DIGEST. */
void sums_add_line(struct str *s, struct sums_form form, const struct digest_algo *algo,
    const unsigned char *digest, const char *name);
/* Take TEXT[len], one line without its end, which is changed in place; TEXT[len] is NUL.  False: it is none. */
bool sums_take_line(char *text, size_t len, bool zero, struct sums_line *line);
/* The name of the algorithm that tag TAG[len] stands for, as digest_find() wants it; NULL = unknown. */
const char *sums_algo_of_tag(const char *tag, size_t len);

#endif
