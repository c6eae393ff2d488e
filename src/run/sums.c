/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of digests and names. */
#include "run/sums.h"

#include <string.h>

enum {
	HEX_MIN = 16 /* digits of the shortest digest, xxh64 */
};

/* What tools call algorithms in tags. */
static const struct {
	const char *tag;
	const char *name;
} tags[] = {
	{ "XXH128", "xxh128" },
	{ "XXH64", "xxh64" },
	{ "SHA256", "sha256" },
	{ "SHA512", "sha512" },
	{ "BLAKE2b", "blake2b" },
	{ "SHA1", "sha1" },
	{ "MD5", "md5" },
};

static const char *
tag_of(const char *name)
{
	for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
		if (strcmp(tags[i].name, name) == 0)
			return tags[i].tag;
	}
	return name;
}

const char *
sums_algo_of_tag(const char *tag, size_t len)
{
	for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
		if (strlen(tags[i].tag) == len && memcmp(tags[i].tag, tag, len) == 0)
			return tags[i].name;
	}
	return NULL;
}

static void
add_escaped(struct str *s, const char *name)
{
	for (;;) {
		size_t len = strcspn(name, "\\\n\r");

		str_add(s, name, len);
		name += len;
		if (*name == '\0')
			return;
		str_adds(s, *name == '\\' ? "\\\\" : *name == '\n' ? "\\n" : "\\r");
		name++;
	}
}

/* The bytes for which a line is escaped.  xxhsum before 0.8.2 knows no escapes: it is spared those that are
 * not needed, which all readers allow. */
static const char *
escaped_by(const struct digest_algo *algo)
{
	return strncmp(algo->name, "xxh", 3) == 0 ? "\n\r" : "\\\n\r";
}

void
sums_add_line(struct str *s, struct sums_form form, const struct digest_algo *algo,
    const unsigned char *digest, const char *name)
{
	bool escape = !form.zero && name[strcspn(name, escaped_by(algo))] != '\0';
	char hex[DIGEST_TEXT];

	digest_hex(digest, algo->size, hex);
	if (escape)
		str_addc(s, '\\');
	if (form.tag) {
		str_adds(s, tag_of(algo->name));
		str_adds(s, " (");
	} else {
		str_adds(s, hex);
		str_adds(s, "  ");
	}
	if (escape)
		add_escaped(s, name);
	else
		str_adds(s, name);
	if (form.tag) {
		str_adds(s, ") = ");
		str_adds(s, hex);
	}
	str_addc(s, form.zero ? '\0' : '\n');
}

/* Unescape NAME in place; false if an escape is none. */
static bool
unescape(char *name)
{
	char *to = name;

	for (const char *at = name; *at != '\0'; at++) {
		if (*at != '\\') {
			*to++ = *at;
			continue;
		}
		switch (*++at) {
		case '\\':
			*to++ = '\\';
			break;
		case 'n':
			*to++ = '\n';
			break;
		case 'r':
			*to++ = '\r';
			break;
		default:
			return false;
		}
	}
	*to = '\0';
	return true;
}

/* The number of hex digits that TEXT begins with. */
static size_t
hex_digits(const char *text)
{
	return strspn(text, "0123456789abcdefABCDEF");
}

/* Take "ALGO (NAME) = HEX"; TEXT[len] is changed only if it is one. */
static bool
take_tagged(char *text, size_t len, struct sums_line *line)
{
	size_t tag_len = strcspn(text, " ");
	size_t digits = 0;

	if (tag_len == 0 || strncmp(text + tag_len, " (", 2) != 0)
		return false;
	while (digits < len && hex_digits(text + len - digits - 1) == digits + 1)
		digits++;
	char *name = text + tag_len + 2;
	if (digits == 0 || len - digits < tag_len + 2 + 4)
		return false;
	char *end = text + len - digits - 4;
	if (memcmp(end, ") = ", 4) != 0 || end <= name)
		return false;
	*line = (struct sums_line){ text, tag_len, text + len - digits, digits, name };
	*end = '\0';
	return true;
}

bool
sums_take_line(char *text, size_t len, bool zero, struct sums_line *line)
{
	size_t blanks = strspn(text, " \t");
	bool escaped;

	if (strlen(text) != len)
		return false;
	text += blanks;
	len -= blanks;
	escaped = !zero && text[0] == '\\';
	text += escaped;
	len -= escaped;
	if (!take_tagged(text, len, line)) {
		size_t digits = hex_digits(text);

		/* as sha256sum: a blank, and a blank or an asterisk; or a blank alone, as BSD's md5 -r */
		if (text[digits] != ' ' || text[digits + 1] == '\0')
			return false;
		size_t gap = text[digits + 1] == ' ' || text[digits + 1] == '*' ? 2 : 1;
		*line = (struct sums_line){
			.hex = text,
			.hex_len = digits,
			.name = text + digits + gap,
		};
	}
	if (line->hex_len < HEX_MIN || line->hex_len % 2 != 0 ||
	    line->hex_len > 2 * (size_t)DIGEST_MAX || line->name[0] == '\0')
		return false;
	return !escaped || unescape(line->name);
}
