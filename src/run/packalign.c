/* SPDX-License-Identifier: BSD-2-Clause */
/* Comments in extended headers. */
#include "run/packalign.h"

#include "base/own.h"
#include "run/pack.h"
#include "run/tarhead.h"

#include <stdlib.h>
#include <string.h>

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
	char block[TAR_BLOCK] = "PaxHeaders/align";

	tar_extended(block, len - TAR_BLOCK);
	tar_sum(block);
	str_add(out, block, TAR_BLOCK);
	add_comment(out, len - TAR_BLOCK);
	str_add(out, head->buf, head->len);
}

/* Make the extended header that HEAD begins with PAD bytes longer. */
static void
extend(struct str *out, const struct str *head, size_t pad)
{
	size_t size = strtoul(head->buf + TAR_SIZE_AT, NULL, 8);
	size_t blocks = (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	char block[TAR_BLOCK];

	BUG_ON(TAR_BLOCK + blocks > head->len);
	memcpy(block, head->buf, TAR_BLOCK);
	tar_octal(block + TAR_SIZE_AT, TAR_SIZE_LEN, blocks + pad);
	tar_sum(block);
	str_add(out, block, TAR_BLOCK);
	str_add(out, head->buf + TAR_BLOCK, size);
	add_comment(out, blocks + pad - size);
	str_add(out, head->buf + TAR_BLOCK + blocks, head->len - TAR_BLOCK - blocks);
}

struct err
pack_align_header(struct str *head, int64_t at)
{
	bool extended = head->len > TAR_BLOCK && head->buf[TAR_TYPE_AT] == 'x';
	size_t pad = (size_t)(-(at + (int64_t)head->len) & (PACK_ALIGN - 1));
	struct str out = STR_INIT;

	if (pad == 0)
		return ERR_OK;
	if (!extended && pad == TAR_BLOCK) /* no room for a record behind its header */
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
