/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields of a line of a manifest: each is taken in the one way in which it is written. */
#include "tree/field.h"

#include "tree/manifest.h"

#include <string.h>

bool
field_is(struct field f, const char *word)
{
	return f.len == strlen(word) && memcmp(f.at, word, f.len) == 0;
}

bool
field_cut(struct field *rest, char by, struct field *first)
{
	const char *at = memchr(rest->at, by, rest->len);

	if (at == NULL)
		return false;
	*first = (struct field){ rest->at, (size_t)(at - rest->at) };
	rest->len -= first->len + 1;
	rest->at = at + 1;
	return true;
}

bool
field_number(struct field f, uint64_t most, uint64_t *n)
{
	*n = 0;
	if (f.len == 0 || (f.len > 1 && f.at[0] == '0'))
		return false;
	for (size_t i = 0; i < f.len; i++) {
		unsigned digit = (unsigned)(unsigned char)f.at[i] - '0';

		if (digit > 9 || *n > (most - digit) / 10)
			return false;
		*n = *n * 10 + digit;
	}
	return true;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
field_byte(const char *p, size_t len, unsigned char *byte)
{
	int hi = len >= 2 ? hex_value(p[0]) : -1;
	int lo = len >= 2 ? hex_value(p[1]) : -1;

	if (hi < 0 || lo < 0)
		return false;
	*byte = (unsigned char)(hi << 4 | lo);
	return true;
}

bool
field_text(struct field f, struct str *again, struct str *s)
{
	str_clear(s);
	str_clear(again);
	for (size_t i = 0; i < f.len;) {
		size_t n = manifest_plain(f.at + i, f.len - i);
		unsigned char byte;

		if (n > 0) {
			str_add(s, f.at + i, n);
			i += n;
			continue;
		}
		if (f.len - i < 4 || f.at[i] != '\\' || f.at[i + 1] != 'x' ||
		    !field_byte(f.at + i + 2, 2, &byte) || byte == 0)
			return false;
		str_addc(s, (char)byte);
		i += 4;
	}
	manifest_add_text(again, s->buf, s->len);
	return s->len > 0 && again->len == f.len && memcmp(again->buf, f.at, f.len) == 0;
}

bool
field_digest(struct field f, size_t *size, unsigned char *digest)
{
	if (f.len == 0 || f.len % 2 != 0 || f.len / 2 > MANIFEST_DIGEST ||
	    (*size != 0 && *size != f.len / 2))
		return false;
	*size = f.len / 2;
	for (size_t i = 0; i < *size; i++) {
		if (!field_byte(f.at + 2 * i, 2, &digest[i]))
			return false;
	}
	return true;
}

bool
field_mode(struct field f, mode_t *mode)
{
	if (f.len != 4)
		return false;
	*mode = 0;
	for (size_t i = 0; i < 4; i++) {
		if (f.at[i] < '0' || f.at[i] > '7')
			return false;
		*mode = *mode << 3 | (mode_t)(f.at[i] - '0');
	}
	return true;
}

bool
field_time(struct field rest, struct timespec *t)
{
	bool minus = rest.len > 0 && rest.at[0] == '-';
	struct field whole;
	uint64_t sec;

	rest.at += minus ? 1 : 0;
	rest.len -= minus ? 1 : 0;
	if (!field_cut(&rest, '.', &whole) || rest.len != 9 ||
	    !field_number(whole, INT64_MAX, &sec) || (minus && sec == 0))
		return false;
	t->tv_sec = minus ? -(int64_t)sec : (int64_t)sec;
	t->tv_nsec = 0;
	for (size_t i = 0; i < 9; i++) {
		if (rest.at[i] < '0' || rest.at[i] > '9')
			return false;
		t->tv_nsec = t->tv_nsec * 10 + (rest.at[i] - '0');
	}
	return true;
}
