/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams packed in pieces. */
#include "pipe/pieces.h"

#include "base/own.h"
#include "base/str.h"
#include "thread/inorder.h"

#include <errno.h>
#include <string.h>

enum {
	PIECES_BESIDE = 1, /* pieces that no thread works on, while one is filled or written */
	/* Bytes of all pieces at most, packed and unpacked, whatever number of threads was asked for: a run
	 * is to stay below 64 MiB.  Five threads of zstd pack more than a thread writes. */
	PIECES_MEMORY = 48 << 20,
};

/* A piece under way. */
struct packed_piece {
	struct arc_piece piece; /* FROM and TO are owned */
	char *from;             /* FROM, to be filled */
	struct err result;      /* of packing */
};

struct pieces {
	struct pieces_how how;
	struct out *out;
	unsigned threads;
	struct arc_coder **coders; /* [threads], each of one thread */
	size_t n;
	struct packed_piece *pieces; /* [n] */
	struct packed_piece *open;   /* it is being filled, or NULL */
	uint64_t begun;              /* pieces since the beginning */
	struct inorder *order;
	struct str index; /* its entries */
};

static void
work(void *arg, void *piece, unsigned number)
{
	const struct pieces *p = arg;
	struct packed_piece *one = piece;

	one->result = p->how.coding->pack(p->coders[number], &one->piece);
}

void
pieces_free(struct pieces *p)
{
	if (p == NULL)
		return;
	inorder_free(p->order);
	for (size_t i = 0; p->coders != NULL && i < p->threads; i++)
		p->how.coding->drop(p->coders[i]);
	for (size_t i = 0; p->pieces != NULL && i < p->n; i++) {
		free(p->pieces[i].from);
		free(p->pieces[i].piece.to);
	}
	free(p->coders);
	free(p->pieces);
	str_release(&p->index);
	free(p);
}

static struct err
prepare(struct pieces *p)
{
	const struct pieces_how *how = &p->how;
	const struct inorder_work does = { .work = work, .arg = p };
	size_t room = how->coding->bound(how->filter, how->size);
	size_t most = PIECES_MEMORY / (how->size + room);
	bool well = true;

	p->n = how->threads < most ? how->threads + PIECES_BESIDE : most;
	p->threads = (unsigned)(p->n - PIECES_BESIDE);
	p->coders = calloc(p->threads, sizeof(struct arc_coder *));
	p->pieces = calloc(p->n, sizeof p->pieces[0]);
	p->order = inorder_new(p->n, p->threads, &does);
	if (p->coders == NULL || p->pieces == NULL || p->order == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t i = 0; i < p->threads; i++) {
		p->coders[i] = how->coding->make(how->filter, how->level);
		well = well && p->coders[i] != NULL;
	}
	for (size_t i = 0; i < p->n; i++) {
		struct packed_piece *one = &p->pieces[i];
		one->from = malloc(how->size);
		one->piece = (struct arc_piece){
			.from = one->from,
			.to = malloc(room),
			.room = room,
		};
		well = well && one->from != NULL && one->piece.to != NULL;
	}
	return well ? inorder_start(p->order, "dc-pack")
		    : err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
}

struct err
pieces_new(const struct pieces_how *how, struct out *out, struct pieces **p)
{
	struct pieces *new = calloc(1, sizeof *new);

	*p = new;
	if (new == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	*new = (struct pieces){ .how = *how, .out = out, .index = STR_INIT };
	struct err err = prepare(new);
	if (err_failed(err)) {
		pieces_free(new);
		*p = NULL;
	}
	return err;
}

static void
add_number(struct str *s, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		str_addc(s, (char)(value >> 8 * i));
}

/* Write the oldest piece. */
static struct err
write_oldest(struct pieces *p)
{
	const struct packed_piece *one = inorder_take(p->order);

	TRY(one->result);
	if (p->how.index) {
		add_number(&p->index, (uint32_t)one->piece.got);
		add_number(&p->index, (uint32_t)one->piece.n);
	}
	return out_write(p->out, one->piece.to, one->piece.got);
}

static struct err
write_index(struct pieces *p)
{
	size_t all = p->index.len;
	struct str head = STR_INIT;

	add_number(&head, pieces_index_magic);
	add_number(&head, (uint32_t)(all + PIECES_INDEX_FOOT));
	add_number(&p->index, (uint32_t)(all / PIECES_INDEX_ENTRY));
	str_addc(&p->index, 0);
	add_number(&p->index, pieces_foot_magic);
	struct err err = str_check(&p->index);
	if (!err_failed(err))
		err = str_check(&head);
	if (!err_failed(err))
		err = out_write(p->out, head.buf, head.len);
	if (!err_failed(err))
		err = out_write(p->out, p->index.buf, p->index.len);
	str_release(&head);
	return err;
}

/* Have a piece to fill. */
static struct err
begin_piece(struct pieces *p)
{
	if (inorder_count(p->order) == p->n)
		TRY(write_oldest(p));
	p->open = &p->pieces[p->begun++ % p->n];
	p->open->piece.n = 0;
	return ERR_OK;
}

/* Have the piece packed that was filled, and write what has been packed meanwhile. */
static struct err
end_piece(struct pieces *p)
{
	inorder_put(p->order, p->open);
	p->open = NULL;
	while (inorder_has(p->order))
		TRY(write_oldest(p));
	return ERR_OK;
}

struct err
pieces_write(struct pieces *p, const void *bytes, size_t n)
{
	const char *from = bytes;

	while (n > 0) {
		if (p->open == NULL)
			TRY(begin_piece(p));
		BUG_ON(p->open == NULL);
		size_t *has = &p->open->piece.n;
		size_t part = p->how.size - *has < n ? p->how.size - *has : n;
		memcpy(p->open->from + *has, from, part);
		*has += part;
		from += part;
		n -= part;
		if (*has == p->how.size)
			TRY(end_piece(p));
	}
	return ERR_OK;
}

struct err
pieces_end(struct pieces *p)
{
	/* of nothing at all something is made, too */
	if (p->begun == 0)
		TRY(begin_piece(p));
	if (p->open != NULL)
		TRY(end_piece(p));
	while (inorder_count(p->order) > 0)
		TRY(write_oldest(p));
	return p->how.index ? write_index(p) : ERR_OK;
}

static struct err
pack_all(struct pieces *p, struct in *in)
{
	const void *bytes;
	size_t n;

	for (;;) {
		TRY(in_peek(in, 1, &bytes, &n));
		if (n == 0)
			return pieces_end(p);
		TRY(pieces_write(p, bytes, n));
		in_take(in, n);
	}
}

struct err
pieces_pack(const struct pieces_how *how, struct in *in, struct out *out)
{
	struct pieces *p;

	TRY(pieces_new(how, out, &p));
	struct err err = pack_all(p, in);
	pieces_free(p);
	return err;
}
