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

/* A stream that is packed. */
struct packer {
	const struct pieces_how *how;
	struct in *in;
	struct out *out;
	unsigned threads;
	struct arc_coder **coders; /* [threads], each of one thread */
	size_t n;
	struct packed_piece *pieces; /* [n] */
	struct inorder *order;
	struct str index; /* its entries */
};

static void
work(void *arg, void *piece, unsigned number)
{
	const struct packer *p = arg;
	struct packed_piece *one = piece;

	one->result = p->how->coding->pack(p->coders[number], &one->piece);
}

static void
release(struct packer *p)
{
	inorder_free(p->order);
	for (size_t i = 0; p->coders != NULL && i < p->threads; i++)
		p->how->coding->drop(p->coders[i]);
	for (size_t i = 0; p->pieces != NULL && i < p->n; i++) {
		free(p->pieces[i].from);
		free(p->pieces[i].piece.to);
	}
	free(p->coders);
	free(p->pieces);
	str_release(&p->index);
}

static struct err
prepare(struct packer *p)
{
	const struct pieces_how *how = p->how;
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

/* Fill ONE from the input, wholly unless that ends. */
static struct err
fill(struct packer *p, struct packed_piece *one)
{
	size_t size = p->how->size;
	size_t *n = &one->piece.n;
	const void *bytes;
	size_t got;

	for (*n = 0; *n < size; *n += got) {
		TRY(in_peek(p->in, 1, &bytes, &got));
		if (got == 0)
			break;
		got = got < size - *n ? got : size - *n;
		memcpy(one->from + *n, bytes, got);
		in_take(p->in, got);
	}
	return ERR_OK;
}

static void
add_number(struct str *s, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		str_addc(s, (char)(value >> 8 * i));
}

/* Write the oldest piece. */
static struct err
write_oldest(struct packer *p)
{
	const struct packed_piece *one = inorder_take(p->order);

	TRY(one->result);
	if (p->how->index) {
		add_number(&p->index, (uint32_t)one->piece.got);
		add_number(&p->index, (uint32_t)one->piece.n);
	}
	return out_write(p->out, one->piece.to, one->piece.got);
}

static struct err
write_index(struct packer *p)
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

static struct err
pack_all(struct packer *p)
{
	bool ended = false;

	TRY(prepare(p));
	for (size_t i = 0; !ended; i++) {
		struct packed_piece *one = &p->pieces[i % p->n];

		if (inorder_count(p->order) == p->n)
			TRY(write_oldest(p));
		TRY(fill(p, one));
		ended = one->piece.n < p->how->size;
		/* of nothing at all something is made, too */
		if (one->piece.n > 0 || i == 0)
			inorder_put(p->order, one);
		while (inorder_has(p->order))
			TRY(write_oldest(p));
	}
	while (inorder_count(p->order) > 0)
		TRY(write_oldest(p));
	return p->how->index ? write_index(p) : ERR_OK;
}

struct err
pieces_pack(const struct pieces_how *how, struct in *in, struct out *out)
{
	struct packer p = { .how = how, .in = in, .out = out, .index = STR_INIT };

	struct err err = pack_all(&p);
	release(&p);
	return err;
}
