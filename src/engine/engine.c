/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ladder: FICLONE, copy_file_range(2), sendfile(2), a buffer.
 *
 * Microseconds for the move alone, descriptors open, file systems in memory (loop images for
 * ext4, xfs, btrfs), Linux 6.18, 2 cores.  Clones: the best mean of 3 runs over 200 to 2000
 * files, xfs and btrfs averaged.  The others: medians of 1500 alternating runs; sendfile with
 * its lseek.
 *
 *   size      btrfs, xfs         ext4 -> ext4               ext4 -> tmpfs
 *             clone  buffer      copy_file_range  buffer    sendfile  buffer
 *   4 KiB     6.2    3.2         1.9              1.8       1.4       1.1
 *   16 KiB    6.4    9.2         4.8              4.7       3.2       3.1
 *   64 KiB    7.5    34          8.7              9.3       9.6       10.5
 *   256 KiB   7.7    105         33               32        39        43
 *
 * The first row does not speak against cloning one block: what is written has to be allocated and
 * written back later.  20,000 files around 2 KiB, whole program, 6 interleaved runs: clones take 0.70
 * of the time of buffers on btrfs, and the same on xfs, and they take no space.
 */
#include "engine/engine.h"

#include "engine/extent.h"
#include "engine/fstraits.h"
#include "engine/rung.h"
#include "sys/file.h"

#include <errno.h>

enum {
	/* Above it the kernel copies, where a clone was refused: up to here a read and a write are
	 * faster than copy_file_range or sendfile by 3 to 20 percent, from 64 KiB on they are
	 * mostly slower, by up to 12. */
	KERNEL_ABOVE = 16384,
	/* From it on blocks are reserved ahead (TRUST.md 1.4): 1, 8 and 64 MiB reach ext4 in
	 * 0.87 of the time then, xfs in the same. */
	RESERVE_FROM = 1 << 20,
};

/* One step of the ladder. */
struct step {
	enum method method;
	rung *run;
};

static const struct step ladder[] = {
	{ METHOD_CLONE, rung_clone },
	{ METHOD_COPY_RANGE, rung_copy_range },
	{ METHOD_SENDFILE, rung_sendfile },
	{ METHOD_BUFFER, rung_buffer },
};

static bool
source_has(const struct pass *p, unsigned trait)
{
	const struct engine_file *f = p->f;
	return (refusals_traits(p->e->refusals, f->st->st_dev, f->src, SIDE_SRC) & trait) != 0;
}

/* Decide where P ends and how it finds holes.  A file that has blocks has its size from them; one
 * without may be of a kind that makes up its content when it is read (procfs, sysfs). */
static void
measure(struct pass *p)
{
	const struct stat *st = p->f->st;
	enum when sparse = p->e->opts->sparse;
	bool true_size = (st->st_size > 0 && st->st_blocks > 0) || source_has(p, FS_TRUE_SIZE);
	p->end = true_size ? st->st_size : INT64_MAX;
	p->detect = sparse == WHEN_ALWAYS;
	if (true_size && sparse != WHEN_NEVER && extents_missing(st)) {
		p->seek = source_has(p, FS_TRUE_HOLES);
		p->detect = p->detect || !p->seek;
	}
}

/* True when means M may be tried for P, whatever the file systems say. */
static bool
may_try(const struct pass *p, enum method m)
{
	const struct engine_opts *opts = p->e->opts;
	if (m == METHOD_BUFFER)
		return true;
	if (m == METHOD_CLONE && opts->reflink == WHEN_ALWAYS)
		return true;
	if (m != METHOD_CLONE && p->f->observer != NULL)
		return false;
	/* Only a buffer of ours sees zeros, and only it reads to an end that nobody knows. */
	if (p->end == INT64_MAX || (p->detect && m != METHOD_CLONE))
		return false;
	switch (m) {
	case METHOD_CLONE:
		if (p->f->src_off != 0 && (p->f->observer != NULL || !rung_can_share(p)))
			return false;
		return opts->reflink == WHEN_AUTO && opts->sparse == WHEN_AUTO && p->end > 0;
	case METHOD_COPY_RANGE:
		/* It may share extents, and holes with them. */
		return opts->reflink != WHEN_NEVER && opts->sparse != WHEN_NEVER &&
		       p->end > KERNEL_ABOVE;
	default:
		return p->end > KERNEL_ABOVE;
	}
}

/* Note for the report that M was refused with CODE. */
static void
note_refusal(struct pass *p, enum method m, int code)
{
	p->out->refused = m;
	p->out->refusal = code;
}

/* True when means M is to be tried for P. */
static bool
is_open(struct pass *p, enum method m)
{
	if (!may_try(p, m))
		return false;
	if (m == METHOD_CLONE && p->e->opts->reflink == WHEN_ALWAYS)
		return true;
	int code = refusals_get(p->e->refusals, pass_devs(p), m);
	if (code != 0)
		note_refusal(p, m, code);
	return code == 0;
}

/* Make the destination ready for data, before the first copying rung. */
static struct err
prepare(struct pass *p)
{
	const struct engine_file *f = p->f;
	if (p->end == INT64_MAX)
		return ERR_OK;
	if (p->seek || p->detect) {
		/* The size first: xfs fills holes that arise from writing beyond the end. */
		TRY(file_truncate(f->dst, p->end));
		p->ahead = p->end;
		p->size = p->end;
		return ERR_OK;
	}
	if (p->end < RESERVE_FROM ||
	    (refusals_traits(p->e->refusals, f->dst_dev, f->dst, SIDE_DST) & FS_PREALLOCATE) == 0)
		return ERR_OK;
	struct err e = file_allocate(f->dst, p->end);
	if (e.code == ENOSPC || e.code == EDQUOT)
		return e;
	/* Anything else is left to the write, which meets it at its place or not at all. */
	p->reserved = err_failed(e) ? 0 : p->end;
	return ERR_OK;
}

/* Make the destination's size, and its blocks, those of what came. */
static struct err
finish(struct pass *p)
{
	int64_t done = p->out->bytes;
	if (p->size == done && p->reserved <= done)
		return ERR_OK;
	return file_truncate(p->f->dst, done);
}

static struct err
descend(struct pass *p)
{
	bool prepared = false;
	for (size_t i = 0; i < sizeof(ladder) / sizeof(ladder[0]); i++) {
		enum method m = ladder[i].method;
		struct err why = ERR_OK;
		if (!is_open(p, m))
			continue;
		if (m != METHOD_CLONE && !prepared) {
			TRY(prepare(p));
			prepared = true;
		}
		enum answer a = ladder[i].run(p, &why);
		if (a == RUNG_FAIL)
			return why;
		if (a == RUNG_DONE)
			break;
		if (err_failed(why))
			note_refusal(p, m, why.code);
	}
	if (p->shared > 0 && p->out->bytes >= p->shared)
		p->out->method = METHOD_CLONE; /* all but the end of a part */
	return finish(p);
}

void
engine_part_of(struct stat *part, const struct stat *whole, int64_t len)
{
	*part = *whole;
	part->st_size = len;
	part->st_blocks = len / 512 + (len % 512 != 0);
}

struct err
engine_copy(
    const struct engine *e, const struct engine_file *f, struct block buf, struct moved *out)
{
	struct pass p = { .e = e, .f = f, .buf = buf, .out = out };
	*out = (struct moved){ 0 };
	if (f->observer != NULL)
		f->observer->begin(f->observer);
	measure(&p);
	/* Empty, and known to be: no call at all, but the one that --reflink=always asks for. */
	if (p.end == 0 && e->opts->reflink != WHEN_ALWAYS)
		return ERR_OK;
	return descend(&p);
}
