/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of lines.
 *
 *   key   the operand's number, most significant byte first, then the path with NUL for '/'
 *   body  the id of the inode if another name of it has the digests, else the digests, no byte more: a run
 *         keeps one record a file
 */
#include "run/hashline.h"

#include <string.h>

enum {
	NUMBER = 4 /* bytes of the operand's number */
};

/* Put TO in the place of each FROM in S, from AT on. */
static void
replace(struct str *s, size_t at, char from, char to)
{
	char *end = s->buf + s->len;

	for (char *c = s->buf + at; (c = memchr(c, from, (size_t)(end - c))) != NULL; c++)
		*c = to;
}

struct err
hashline_key(unsigned number, const struct str *name, struct str *key)
{
	char bytes[NUMBER];

	for (int i = 0; i < NUMBER; i++)
		bytes[i] = (char)(number >> 8 * (NUMBER - 1 - i));
	str_clear(key);
	str_add(key, bytes, sizeof bytes);
	str_add(key, name->buf, name->len);
	TRY(str_check(name));
	TRY(str_check(key));
	replace(key, NUMBER, '/', '\0');
	return ERR_OK;
}

struct err
hashline_body(const struct hashline *line, const struct hash_algos *algos, struct str *body)
{
	str_clear(body);
	str_addc(body, line->linked ? 1 : 0);
	if (line->linked)
		str_add(body, &line->id, sizeof line->id);
	for (size_t i = 0; !line->linked && i < algos->n; i++)
		str_add(body, line->d.of[i], algos->algos[i]->size);
	return str_check(body);
}

struct err
hashline_unpack(
    const struct record *r, const struct hash_algos *algos, struct hashline *line, struct str *name)
{
	const char *at = r->body + 1;

	line->linked = r->body[0] != 0;
	if (line->linked)
		memcpy(&line->id, at, sizeof line->id);
	for (size_t i = 0; !line->linked && i < algos->n; i++) {
		memcpy(line->d.of[i], at, algos->algos[i]->size);
		at += algos->algos[i]->size;
	}
	str_clear(name);
	str_add(name, r->key + NUMBER, r->key_len - NUMBER);
	TRY(str_check(name));
	replace(name, 0, '\0', '/');
	return ERR_OK;
}
