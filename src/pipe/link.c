/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of links, and their words. */
#include "pipe/link.h"

#include "base/own.h"

/* clang-format off */
static const enum link table[WANT_N][WANT_N] = {
	/* left \ right   NONE        FILE         FD          MEM        ANY */
	[WANT_NONE] = { LINK_NONE, LINK_BAD,    LINK_BAD,   LINK_BAD,  LINK_NONE },
	[WANT_FILE] = { LINK_BAD,  LINK_KERNEL, LINK_PASS,  LINK_READ, LINK_PASS },
	[WANT_FD]   = { LINK_BAD,  LINK_PASS,   LINK_PIPE,  LINK_READ, LINK_PIPE },
	[WANT_MEM]  = { LINK_BAD,  LINK_WRITE,  LINK_WRITE, LINK_RING, LINK_RING },
	[WANT_ANY]  = { LINK_NONE, LINK_PASS,   LINK_PIPE,  LINK_RING, LINK_RING },
};

/* clang-format on */

/* What P asks for beside NEIGHBOR.  NONE is no wish: it says that there is no stream. */
static enum want
bent(struct port p, struct port neighbor)
{
	bool gives_way = !p.must && neighbor.must && p.want != WANT_NONE;
	return gives_way ? WANT_ANY : p.want;
}

enum link
link_choose(struct port out, struct port in)
{
	BUG_ON((unsigned)out.want >= WANT_N || (unsigned)in.want >= WANT_N);
	return table[bent(out, in)][bent(in, out)];
}

/* What is said of one link. */
struct link_words {
	const char *name;
	const char *reason;
};

static const struct link_words *
words_of(enum link l)
{
	static const struct link_words words[LINK_N] = {
		[LINK_NONE] = { "none", "nothing flows here" },
		[LINK_KERNEL] = { "kernel",
		    "both ends are descriptors and nobody looks at the bytes" },
		[LINK_PASS] = { "pass", "one side has a descriptor that the other can use" },
		[LINK_PIPE] = { "pipe", "a side works on descriptors, and neither has one" },
		[LINK_READ] = { "read", "the right side wants blocks of a descriptor" },
		[LINK_WRITE] = { "write", "the left side has blocks for a descriptor" },
		[LINK_RING] = { "ring", "both sides work in memory" },
		[LINK_FUSED] = { "fused", "it only looks at the blocks in passing" },
		[LINK_BAD] = { "bad", "one side has no stream there" },
	};
	BUG_ON((unsigned)l >= LINK_N);
	return &words[l];
}

const char *
link_name(enum link l)
{
	return words_of(l)->name;
}

const char *
link_reason(enum link l)
{
	return words_of(l)->reason;
}

const char *
want_name(enum want w)
{
	static const char *const names[WANT_N] = {
		[WANT_NONE] = "none",
		[WANT_FILE] = "file",
		[WANT_FD] = "fd",
		[WANT_MEM] = "mem",
		[WANT_ANY] = "any",
	};
	BUG_ON((unsigned)w >= WANT_N);
	return names[w];
}
