/* SPDX-License-Identifier: BSD-2-Clause */
/* What libarchive says, and the locale in which it works. */
#include "archive/said.h"

#include <errno.h>

void
said_copy(char text[static ARC_TEXT], const char *words)
{
	size_t n = 0;

	if (words == NULL)
		words = "";
	for (; words[n] != '\0' && n < ARC_TEXT - 1; n++)
		text[n] = words[n];
	if (words[n] != '\0')
		memcpy(text + n - 3, "...", 3);
	text[n] = '\0';
	for (size_t i = 0; i < n; i++) {
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	}
}

void
said_of(char text[static ARC_TEXT], struct archive *a)
{
	said_copy(text, archive_error_string(a));
}

struct err
said_no_memory(enum err_side side)
{
	return err_make(ENOMEM, OP_MEMORY, side, -1);
}

struct err
said_reading(struct archive *a, int64_t off)
{
	if (archive_errno(a) == ENOMEM)
		return said_no_memory(SIDE_SRC);
	return err_make(EBADMSG, OP_READ, SIDE_SRC, off);
}

struct err
said_writing(struct archive *a)
{
	int code = archive_errno(a);

	if (code == ENOMEM)
		return said_no_memory(SIDE_DST);
	/* libarchive's own codes: -1 = unspecific, EILSEQ or EINVAL = not in this format. */
	if (code <= 0 || code == EILSEQ || code == EINVAL)
		code = EOPNOTSUPP;
	return err_make(code, OP_WRITE, SIDE_DST, -1);
}

/*
 * libarchive turns the UTF-8 of pax headers into the character set of the locale.  Where that is UTF-8 as
 * well, it composes what was decomposed (3.6.2), so that "e" and an accent become another name; where it
 * cannot, it keeps the bytes.  Hence ASCII for tar, and UTF-8 for zip, 7z and others.
 */
locale_t
utf8_locale(void)
{
	return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

locale_t
ascii_locale(void)
{
	return newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
}

locale_t
enter(locale_t l)
{
	return l != (locale_t)0 ? uselocale(l) : (locale_t)0;
}

void
leave(locale_t before)
{
	if (before != (locale_t)0)
		(void)uselocale(before);
}
