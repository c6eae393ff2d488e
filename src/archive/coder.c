/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces of streams, packed and unpacked by zlib and libzstd in memory. */
#include "archive/coder.h"

#include "base/own.h"

#include <errno.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
	GZIP_WINDOW = 15 + 16, /* the largest window, and gzip around it (zlib.h, deflateInit2) */
	GZIP_MEMORY = 8,       /* zlib's default */
	GZIP_AROUND = 18,      /* bytes of header and trailer that deflateBound() may not count */
};

struct arc_coder {
	enum arc_filter filter;
	z_stream z;
	bool deflates; /* Z is to be ended */
	ZSTD_CCtx *packs;
	ZSTD_DCtx *unpacks; /* made when it is wanted */
};

static void
coder_drop(struct arc_coder *c)
{
	if (c == NULL)
		return;
	if (c->deflates)
		(void)deflateEnd(&c->z);
	(void)ZSTD_freeCCtx(c->packs);
	(void)ZSTD_freeDCtx(c->unpacks);
	free(c);
}

static bool
begin_gzip(struct arc_coder *c, int level)
{
	if (level == ARC_LEVEL_DEFAULT)
		level = Z_DEFAULT_COMPRESSION;
	c->deflates = deflateInit2(&c->z, level, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
			  Z_DEFAULT_STRATEGY) == Z_OK;
	return c->deflates;
}

static bool
begin_zstd(struct arc_coder *c, int level)
{
	if (level == ARC_LEVEL_DEFAULT)
		level = ZSTD_CLEVEL_DEFAULT;
	c->packs = ZSTD_createCCtx();
	return c->packs != NULL &&
	       ZSTD_isError(ZSTD_CCtx_setParameter(c->packs, ZSTD_c_compressionLevel, level)) ==
		   0 &&
	       ZSTD_isError(ZSTD_CCtx_setParameter(c->packs, ZSTD_c_checksumFlag, 1)) == 0;
}

static struct arc_coder *
coder_make(enum arc_filter filter, int level)
{
	struct arc_coder *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->filter = filter;
	if (filter == ARC_GZIP ? begin_gzip(c, level) : begin_zstd(c, level))
		return c;
	coder_drop(c);
	return NULL;
}

static size_t
coder_bound(enum arc_filter filter, size_t n)
{
	return filter == ARC_GZIP ? deflateBound(NULL, n) + GZIP_AROUND : ZSTD_compressBound(n);
}

/* What CODE, of libzstd, amounts to: side SIDE's. */
static struct err
zstd_failure(size_t code, enum err_op op, enum err_side side)
{
	bool memory = ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation;

	if (memory)
		return err_make(ENOMEM, OP_MEMORY, side, -1);
	return err_make(side == SIDE_SRC ? EBADMSG : EINVAL, op, side, -1);
}

static struct err
pack_gzip(struct arc_coder *c, struct arc_piece *p)
{
	if (p->n > UINT32_MAX || p->room > UINT32_MAX || deflateReset(&c->z) != Z_OK)
		return err_make(EINVAL, OP_WRITE, SIDE_DST, -1);
	c->z.next_in = (Bytef *)p->from; /* zlib only reads it */
	c->z.avail_in = (uInt)p->n;
	c->z.next_out = p->to;
	c->z.avail_out = (uInt)p->room;
	if (deflate(&c->z, Z_FINISH) != Z_STREAM_END)
		return err_make(EINVAL, OP_WRITE, SIDE_DST, -1);
	p->got = p->room - c->z.avail_out;
	return ERR_OK;
}

static struct err
coder_pack(struct arc_coder *c, struct arc_piece *p)
{
	if (c->filter == ARC_GZIP)
		return pack_gzip(c, p);
	p->got = ZSTD_compress2(c->packs, p->to, p->room, p->from, p->n);
	return ZSTD_isError(p->got) == 0 ? ERR_OK : zstd_failure(p->got, OP_WRITE, SIDE_DST);
}

static struct err
coder_unpack(struct arc_coder *c, struct arc_piece *p)
{
	BUG_ON(c->filter != ARC_ZSTD);
	if (c->unpacks == NULL)
		c->unpacks = ZSTD_createDCtx();
	if (c->unpacks == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_SRC, -1);
	p->got = ZSTD_decompressDCtx(c->unpacks, p->to, p->room, p->from, p->n);
	return ZSTD_isError(p->got) == 0 ? ERR_OK : zstd_failure(p->got, OP_READ, SIDE_SRC);
}

const struct arc_coding coder_ops = {
	.make = coder_make,
	.bound = coder_bound,
	.pack = coder_pack,
	.unpack = coder_unpack,
	.drop = coder_drop,
};
