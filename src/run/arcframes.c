/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of zstd found by their index, which is described in pipe/pieces.h, and unpacked ahead. */
#include "run/arcframes.h"

#include "base/own.h"
#include "pipe/pieces.h"
#include "sys/file.h"
#include "thread/inorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Bytes of frames under way at most, packed and unpacked: as much as packing has for them. */
	FRAMES_MEMORY = 48 << 20,
	FRAMES_LEAST = 2,      /* frames under way; with fewer, nothing is done ahead */
	INDEX_MOST = 16 << 20, /* bytes of an index: 8 TiB in frames of 4 MiB */
	CHECKSUM_SIZE = 4,     /* bytes of it in an entry, if entries have one */
	HAS_CHECKSUMS = 0x80,  /* flag: they have */
	RESERVED_FLAGS = 0x7c, /* flags: must be 0, or the index is of another version */
};

/* A frame, as the index tells it. */
struct frame {
	uint32_t packed;
	uint32_t plain;
};

/* A frame under way. */
struct piece {
	struct arc_piece piece; /* FROM and TO are owned */
	char *from;             /* FROM, to be read into */
	int64_t off;            /* where it stands in the file */
	size_t plain;           /* what the index says that it becomes */
	struct err result;
};

struct arcframes {
	struct arc_feed feed; /* first */
	struct arcframes_how how;
	struct frame *frames; /* [n] */
	size_t n;
	size_t next; /* frame to be put under way */
	int64_t off; /* where that stands */
	unsigned threads;
	struct arc_coder **coders; /* [threads], each of one thread */
	size_t n_pieces;
	struct piece *pieces; /* [n_pieces] */
	struct piece *shown;  /* what more() has shown, or NULL */
	struct inorder *order;
	int64_t packed; /* bytes of frames that were shown */
	const char *said;
};

static uint32_t
number_at(const unsigned char *b)
{
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* Read N bytes at OFF, all of them, or say so: *WHOLE. */
static struct err
read_at(int fd, void *to, size_t n, int64_t off, bool *whole)
{
	size_t done = 0;

	*whole = false;
	while (done < n) {
		size_t got;
		TRY(file_pread(fd, (char *)to + done, n - done, off + (int64_t)done, &got));
		if (got == 0)
			return ERR_OK;
		done += got;
	}
	*whole = true;
	return ERR_OK;
}

/* Take the N entries of ENTRY bytes at B for F's frames; those of nothing are left out.  False: they are not
 * SIZE bytes in all, or too large. */
static bool
take_entries(struct arcframes *f, const unsigned char *b, size_t n, size_t entry, int64_t size)
{
	const struct arc_coding *coding = f->how.coding;
	size_t largest = 0;
	int64_t all = 0;

	for (size_t i = 0; i < n; i++) {
		const struct frame one = { number_at(b + i * entry), number_at(b + i * entry + 4) };
		size_t bytes = (size_t)one.packed + one.plain;

		if (one.packed > coding->bound(ARC_ZSTD, one.plain) + STREAM_BLOCK)
			return false;
		all += one.packed;
		largest = bytes > largest ? bytes : largest;
		f->frames[f->n++] = one;
	}
	if (all != size || largest == 0 || FRAMES_MEMORY / largest < FRAMES_LEAST)
		return false;
	f->n_pieces = FRAMES_MEMORY / largest;
	if (f->n_pieces > f->how.threads + 1U)
		f->n_pieces = f->how.threads + 1U;
	f->threads = (unsigned)f->n_pieces - 1;
	return true;
}

/* Read the index, if there is one that can be used: *USABLE. */
static struct err
read_index(struct arcframes *f, bool *usable)
{
	unsigned char foot[PIECES_INDEX_FOOT];
	int64_t size = f->how.size;

	*usable = false;
	if (size < PIECES_INDEX_HEAD + PIECES_INDEX_FOOT)
		return ERR_OK;
	TRY(read_at(f->how.fd, foot, sizeof foot, size - PIECES_INDEX_FOOT, usable));
	size_t n = number_at(foot);
	size_t entry = PIECES_INDEX_ENTRY + ((foot[4] & HAS_CHECKSUMS) != 0 ? CHECKSUM_SIZE : 0);
	size_t all = PIECES_INDEX_HEAD + n * entry + PIECES_INDEX_FOOT;
	*usable = *usable && number_at(foot + 5) == pieces_foot_magic &&
		  (foot[4] & RESERVED_FLAGS) == 0 && n > 1 && all <= INDEX_MOST &&
		  (int64_t)all <= size;
	if (!*usable)
		return ERR_OK;
	own_mem unsigned char *index = malloc(all);
	f->frames = calloc(n, sizeof f->frames[0]);
	if (index == NULL || f->frames == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_SRC, -1);
	TRY(read_at(f->how.fd, index, all, size - (int64_t)all, usable));
	*usable = *usable && number_at(index) == pieces_index_magic &&
		  number_at(index + 4) == all - PIECES_INDEX_HEAD &&
		  take_entries(f, index + PIECES_INDEX_HEAD, n, entry, size - (int64_t)all);
	return ERR_OK;
}

/* Read and unpack a frame. */
static void
work(void *arg, void *piece, unsigned number)
{
	const struct arcframes *f = arg;
	struct piece *p = piece;
	bool whole = false;

	p->result = read_at(f->how.fd, p->from, p->piece.n, p->off, &whole);
	if (!err_failed(p->result) && whole)
		p->result = f->how.coding->unpack(f->coders[number], &p->piece);
	if (!err_failed(p->result) && (!whole || p->piece.got != p->plain))
		p->result = err_make(EBADMSG, OP_READ, SIDE_SRC, p->off);
}

/* Have the next frame, if there is one, unpacked in P. */
static void
put_next(struct arcframes *f, struct piece *p)
{
	if (f->next == f->n)
		return;
	const struct frame *one = &f->frames[f->next++];
	p->off = f->off;
	p->piece.n = one->packed;
	p->piece.room = p->plain = one->plain;
	f->off += one->packed;
	inorder_put(f->order, p);
}

static struct err
more(struct arc_feed *feed, const void **bytes, size_t *n)
{
	struct arcframes *f = (struct arcframes *)feed;

	*n = 0;
	while (*n == 0) {
		TRY(cancel_check(f->how.cancel));
		if (f->shown != NULL)
			put_next(f, f->shown);
		f->shown = inorder_take(f->order);
		if (f->shown == NULL)
			return ERR_OK;
		if (err_failed(f->shown->result)) {
			if (arc_is_damage(f->shown->result))
				f->said = "a frame is damaged, or not what the index says";
			return f->shown->result;
		}
		f->packed += (int64_t)f->shown->piece.n;
		*bytes = f->shown->piece.to;
		*n = f->shown->piece.got;
	}
	return ERR_OK;
}

/* Have buffers, coders and threads, and put the first frames under way. */
static struct err
start(struct arcframes *f)
{
	const struct inorder_work does = { .work = work, .arg = f };
	uint32_t packed = 0;
	uint32_t plain = 0;
	bool well = true;

	for (size_t i = 0; i < f->n; i++) {
		packed = f->frames[i].packed > packed ? f->frames[i].packed : packed;
		plain = f->frames[i].plain > plain ? f->frames[i].plain : plain;
	}
	f->coders = calloc(f->threads, sizeof(struct arc_coder *));
	f->pieces = calloc(f->n_pieces, sizeof f->pieces[0]);
	f->order = inorder_new(f->n_pieces, f->threads, &does);
	if (f->coders == NULL || f->pieces == NULL || f->order == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_SRC, -1);
	for (size_t i = 0; i < f->threads; i++) {
		f->coders[i] = f->how.coding->make(ARC_ZSTD, ARC_LEVEL_DEFAULT);
		well = well && f->coders[i] != NULL;
	}
	for (size_t i = 0; i < f->n_pieces; i++) {
		struct piece *p = &f->pieces[i];
		p->piece.from = p->from = malloc((size_t)packed + 1);
		p->piece.to = malloc((size_t)plain + 1);
		well = well && p->from != NULL && p->piece.to != NULL;
	}
	if (!well)
		return err_make(ENOMEM, OP_MEMORY, SIDE_SRC, -1);
	TRY(inorder_start(f->order, "dc-inflate"));
	for (size_t i = 0; i < f->n_pieces; i++)
		put_next(f, &f->pieces[i]);
	return ERR_OK;
}

struct err
arcframes_new(const struct arcframes_how *how, struct arcframes **frames)
{
	struct arcframes *f = calloc(1, sizeof *f);
	bool usable;

	*frames = NULL;
	if (f == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_SRC, -1);
	f->feed = (struct arc_feed){ .more = more, .size = -1 };
	f->how = *how;
	f->said = "";
	struct err err = read_index(f, &usable);
	if (!err_failed(err) && usable)
		err = start(f);
	if (!err_failed(err) && usable)
		*frames = f;
	else
		arcframes_free(f);
	return err;
}

struct arc_feed *
arcframes_feed(struct arcframes *f)
{
	return &f->feed;
}

const char *
arcframes_said(const struct arcframes *f)
{
	return f->said;
}

int64_t
arcframes_packed(const struct arcframes *f)
{
	return f->packed;
}

void
arcframes_free(struct arcframes *f)
{
	if (f == NULL)
		return;
	inorder_free(f->order);
	for (size_t i = 0; f->coders != NULL && i < f->threads; i++)
		f->how.coding->drop(f->coders[i]);
	for (size_t i = 0; f->pieces != NULL && i < f->n_pieces; i++) {
		free(f->pieces[i].from);
		free(f->pieces[i].piece.to);
	}
	free(f->coders);
	free(f->pieces);
	free(f->frames);
	free(f);
}
