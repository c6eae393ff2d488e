/* SPDX-License-Identifier: BSD-2-Clause */
/* Comments in extended headers. */
#include "run/packalign.h"

#include "base/own.h"
#include "run/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK = 512, /* of tar */
	/* Fields of a header block, POSIX.1-2008, pax, "ustar Interchange Format". */
	SIZE_AT = 124,
	SIZE_LEN = 12,
	SUM_AT = 148,
	SUM_LEN = 8,
	TYPE_AT = 156,
	MAGIC_AT = 257,
};

/* Write VALUE in octal, its NUL included, into the field F[len]. */
static void
put_octal(char *f, size_t len, uint64_t value)
{
	f[len - 1] = '\0';
	for (size_t i = len - 1; i-- > 0; value /= 8)
		f[i] = (char)('0' + value % 8);
}

/* Compute the checksum of the header BLOCK anew. */
static void
sum_up(char *block)
{
	unsigned sum = 0;

	memset(block + SUM_AT, ' ', SUM_LEN);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)block[i];
	put_octal(block + SUM_AT, SUM_LEN - 1, sum); /* the last byte stays a blank */
}

/* Append a record of LEN bytes, at least 20, to S. */
static void
add_comment(struct str *s, size_t len)
{
	size_t from = s->len;

	str_addf(s, "%zu comment=", len);
	while (!s->failed && s->len < from + len - 1)
		str_addc(s, ' ');
	str_addc(s, '\n');
}

/* Put an extended header of LEN bytes in all, which has a comment only, before the member's own header. */
static void
add_extended(struct str *out, const struct str *head, size_t len)
{
	/* POSIX.1 pax: the magic with its NUL, then the version */
	static const char magic[8] = { 'u', 's', 't', 'a', 'r', '\0', '0', '0' };
	static const char fields[] = "0000644\0"
				     "0000000\0"
				     "0000000\0"
				     "00000000000\0"
				     "00000000000";
	char block[BLOCK] = "PaxHeaders/align";

	memcpy(block + 100, fields, sizeof fields);
	put_octal(block + SIZE_AT, SIZE_LEN, len - BLOCK);
	block[TYPE_AT] = 'x';
	memcpy(block + MAGIC_AT, magic, sizeof magic);
	sum_up(block);
	str_add(out, block, BLOCK);
	add_comment(out, len - BLOCK);
	str_add(out, head->buf, head->len);
}

/* Make the extended header that HEAD begins with PAD bytes longer. */
static void
extend(struct str *out, const struct str *head, size_t pad)
{
	size_t size = strtoul(head->buf + SIZE_AT, NULL, 8);
	size_t blocks = (size + BLOCK - 1) / BLOCK * BLOCK;
	char block[BLOCK];

	BUG_ON(BLOCK + blocks > head->len);
	memcpy(block, head->buf, BLOCK);
	put_octal(block + SIZE_AT, SIZE_LEN, blocks + pad);
	sum_up(block);
	str_add(out, block, BLOCK);
	str_add(out, head->buf + BLOCK, size);
	add_comment(out, blocks + pad - size);
	str_add(out, head->buf + BLOCK + blocks, head->len - BLOCK - blocks);
}

struct err
pack_align_header(struct str *head, int64_t at)
{
	bool extended = head->len > BLOCK && head->buf[TYPE_AT] == 'x';
	size_t pad = (size_t)(-(at + (int64_t)head->len) & (PACK_ALIGN - 1));
	struct str out = STR_INIT;

	if (pad == 0)
		return ERR_OK;
	if (!extended && pad == BLOCK) /* no room for a record behind its header */
		pad += PACK_ALIGN;
	if (extended)
		extend(&out, head, pad);
	else
		add_extended(&out, head, pad);
	struct err err = str_check(&out);
	str_release(head);
	*head = out;
	return err;
}
