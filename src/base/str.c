/* SPDX-License-Identifier: BSD-2-Clause */
/* The growable byte string, and the spellings in which a name can be shown. */
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char str_empty[1];

enum {
	/* First allocation; chosen: most lines fit in it or in its double. */
	STR_FIRST = 64
};

/* Make room for MORE bytes and the terminating NUL; false = S is unchanged but for FAILED. */
static bool
reserve(struct str *s, size_t more)
{
	size_t need, cap;
	char *buf;

	if (__builtin_add_overflow(s->len, more, &need) || __builtin_add_overflow(need, 1, &need)) {
		s->failed = true;
		return false;
	}
	if (need <= s->cap)
		return true;
	if (__builtin_mul_overflow(s->cap, 2, &cap) || cap < need)
		cap = need;
	if (cap < STR_FIRST)
		cap = STR_FIRST;
	buf = realloc(s->cap != 0 ? s->buf : NULL, cap);
	if (buf == NULL) {
		s->failed = true;
		return false;
	}
	s->buf = buf;
	s->cap = cap;
	return true;
}

void
str_release(struct str *s)
{
	if (s->cap != 0)
		free(s->buf);
	*s = STR_INIT;
}

void
str_clear(struct str *s)
{
	s->len = 0;
	s->failed = false;
	if (s->cap != 0)
		s->buf[0] = '\0';
}

void
str_add(struct str *s, const void *bytes, size_t len)
{
	if (len == 0 || !reserve(s, len))
		return;
	memcpy(s->buf + s->len, bytes, len);
	s->len += len;
	s->buf[s->len] = '\0';
}

void
str_adds(struct str *s, const char *text)
{
	str_add(s, text, strlen(text));
}

void
str_addc(struct str *s, char c)
{
	str_add(s, &c, 1);
}

void
str_add_number(struct str *s, uint64_t n, unsigned width)
{
	char digits[20]; /* of UINT64_MAX */
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0 || sizeof digits - at < width);
	str_add(s, digits + at, sizeof digits - at);
}

void
str_addf(struct str *s, const char *fmt, ...)
{
	size_t room = s->cap > s->len ? s->cap - s->len : 0;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(room > 0 ? s->buf + s->len : NULL, room, fmt, args);
	va_end(args);
	if (len >= 0 && (size_t)len < room) {
		s->len += (size_t)len;
		return;
	}
	if (room > 0)
		s->buf[s->len] = '\0';
	if (len < 0) {
		s->failed = true;
		return;
	}
	if (!reserve(s, (size_t)len))
		return;
	va_start(args, fmt);
	(void)vsnprintf(s->buf + s->len, (size_t)len + 1, fmt, args); /* the same length again */
	va_end(args);
	s->len += (size_t)len;
}

struct err
str_check(const struct str *s)
{
	return s->failed ? err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1) : ERR_OK;
}

/* Decode the code point at TEXT[len], LEN > 0; the number of its bytes, 0 = not valid UTF-8. */
static size_t
decode(const char *text, size_t len, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)text[0];
	uint32_t value;
	size_t n;

	if (first < 0x80) {
		*point = first;
		return 1;
	}
	if (first < 0xc2 || first > 0xf4)
		return 0;
	n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (n > len)
		return 0;
	value = first & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		unsigned char next = (unsigned char)text[i];

		if ((next & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (next & 0x3f);
	}
	if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*point = value;
	return n;
}

bool
utf8_is_valid(const char *text, size_t len)
{
	uint32_t point;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = decode(text + i, len - i, &point);
		if (n == 0)
			return false;
	}
	return true;
}

/* True when POINT may reach a terminal: no C0 or C1 control, no mark that reorders text. */
static bool
is_harmless(uint32_t point)
{
	if (point < 0x20 || (point >= 0x7f && point <= 0x9f))
		return false;
	if (point == 0x200e || point == 0x200f)
		return false;
	return !(point >= 0x202a && point <= 0x202e) && !(point >= 0x2066 && point <= 0x2069);
}

/* Append BYTES[len] as escapes for use inside $'...'. */
static void
add_escapes(struct str *s, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (bytes[i]) {
		case '\n':
			str_adds(s, "\\n");
			break;
		case '\r':
			str_adds(s, "\\r");
			break;
		case '\t':
			str_adds(s, "\\t");
			break;
		default:
			str_addf(s, "\\%03o", (unsigned)(unsigned char)bytes[i]);
		}
	}
}

void
str_add_quoted(struct str *s, const char *name, size_t len)
{
	bool escaping = false;
	size_t n;

	str_addc(s, '\'');
	for (size_t i = 0; i < len; i += n) {
		uint32_t point;
		bool plain;

		n = decode(name + i, len - i, &point);
		plain = n != 0 && is_harmless(point);
		n = n != 0 ? n : 1;
		if (plain == escaping) {
			str_adds(s, plain ? "''" : "'$'");
			escaping = !plain;
		}
		if (!plain)
			add_escapes(s, name + i, n);
		else if (name[i] == '\'')
			str_adds(s, "'\\''");
		else
			str_add(s, name + i, n);
	}
	str_addc(s, '\'');
}

/* True when NAME[len] can stand without quotes and cannot be taken for a quoted one. */
static bool
is_plain_name(const char *name, size_t len)
{
	size_t n;

	if (len == 0 || name[0] == ' ' || name[len - 1] == ' ')
		return false;
	for (size_t i = 0; i < len; i += n) {
		uint32_t point;

		n = decode(name + i, len - i, &point);
		if (n == 0 || !is_harmless(point) || point == '\'' || point == '\\')
			return false;
	}
	return true;
}

void
str_add_shown(struct str *s, const char *name, size_t len)
{
	if (is_plain_name(name, len))
		str_add(s, name, len);
	else
		str_add_quoted(s, name, len);
}

void
str_add_text(struct str *s, const char *text, size_t len)
{
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		uint32_t point;

		n = decode(text + i, len - i, &point);
		if (n != 0 && is_harmless(point))
			str_add(s, text + i, n);
		else
			str_addc(s, '?');
		n = n != 0 ? n : 1;
	}
}

void
str_add_json(struct str *s, const char *name, size_t len)
{
	size_t n;

	str_addc(s, '"');
	for (size_t i = 0; i < len; i += n) {
		uint32_t point;

		n = decode(name + i, len - i, &point);
		if (n == 0)
			str_adds(s, "\\ufffd");
		else if (point == '"' || point == '\\')
			str_addf(s, "\\%c", (int)point);
		else if (point < 0x20 || (point >= 0x7f && point <= 0x9f))
			str_addf(s, "\\u%04x", (unsigned)point);
		else
			str_add(s, name + i, n);
		n = n != 0 ? n : 1;
	}
	str_addc(s, '"');
}

void
str_add_base64(struct str *s, const void *bytes, size_t len)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = bytes;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t word = (uint32_t)in[i] << 16;
		char out[4];

		if (i + 1 < len)
			word |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < len)
			word |= in[i + 2];
		out[0] = digits[word >> 18];
		out[1] = digits[word >> 12 & 63];
		out[2] = digits[word >> 6 & 63];
		out[3] = digits[word & 63];
		if (i + 2 >= len)
			out[3] = '=';
		if (i + 1 >= len)
			out[2] = '=';
		str_add(s, out, sizeof out);
	}
}
