/* SPDX-License-Identifier: BSD-2-Clause */
/* What libarchive says, as error values and one line of harmless text. */
#ifndef DECANT_SAID_H
#define DECANT_SAID_H

#include "pipe/archive.h"

#include <archive.h>
#include <locale.h>

/* Copy WORDS into TEXT, one line of printable ASCII; NULL = "". */
void said_copy(char text[static ARC_TEXT], const char *words);
/* The same of what A says last. */
void said_of(char text[static ARC_TEXT], struct archive *a);
/* What A failed with, as a failure of reading at OFF. */
struct err said_reading(struct archive *a, int64_t off);
/* What A failed with, as a failure of writing. */
struct err said_writing(struct archive *a);
/* Out of memory. */
struct err said_no_memory(enum err_side side);

/* A locale whose names are UTF-8: what is UTF-16 in an archive, becomes that. */
locale_t utf8_locale(void);
/* A locale whose names are ASCII: what is not, libarchive leaves as it is in a pax header. */
locale_t ascii_locale(void);
/* Let it be the thread's until leave(); returns what was. */
locale_t enter(locale_t l);
/* Go back to BEFORE. */
void leave(locale_t before);

#endif
