/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows for test_layout.c: pipelines, how they are laid out, and which are refused. */
#ifndef DECANT_TABLES_LAYOUT_H
#define DECANT_TABLES_LAYOUT_H

#include <stddef.h>

/*
 * One pipeline: an end, stages and an end, of these words.
 *   ends        file, fd, mem, none
 *   taps        hash (wants stable bytes), count
 *   commands    zstd, tar: both sides are descriptors; gen: no input; put: no output;
 *               own: its output must be a regular file
 *   functions   sort: anything; mem: memory, must; soft: a descriptor, if it can be had;
 *               bare: works on descriptors itself; look: stable input; cat: changes nothing;
 *               make: no input; take: no output; seek: a regular file
 */
struct row {
	const char *words;
	/* What runs: m a mover, M one that must not splice, * a stage. */
	const char *parts;
	const char *links;
};

/* clang-format off */
static const struct row rows[] = {
	/* no stage runs */
	{ "file file", "m", "kernel" },
	{ "file fd", "m", "kernel" },
	{ "fd file", "m", "kernel" },
	{ "fd fd", "m", "kernel" },
	{ "file none", "", "none" },
	{ "none file", "", "none" },
	{ "none none", "", "none" },
	{ "file mem", "m", "read, ring" },
	{ "mem file", "m", "ring, write" },
	/* only taps */
	{ "file hash file", "M", "read, fused, write" },
	{ "file count file", "m", "read, fused, write" },
	{ "file count hash file", "M", "read, fused, fused, write" },
	{ "fd hash fd", "M", "read, fused, write" },
	{ "file hash none", "M", "read, fused, none" },
	{ "none hash file", "M", "none, fused, write" },
	{ "none hash none", "M", "none, fused, none" },
	{ "file hash mem", "M", "read, fused, ring" },
	/* identities */
	{ "file cat file", "m", "kernel" },
	{ "fd cat cat fd", "m", "kernel" },
	{ "file cat hash cat file", "M", "read, fused, write" },
	{ "file zstd cat tar file", "**", "pass, pipe, pass" },
	{ "file cat zstd cat file", "*", "pass, pass" },
	{ "file sort cat sort file", "**", "pass, ring, pass" },
	{ "file cat none", "", "none" },
	/* commands */
	{ "file zstd file", "*", "pass, pass" },
	{ "fd zstd fd", "*", "pass, pass" },
	{ "none zstd none", "*", "none, none" },
	{ "none gen fd", "*", "none, pass" },
	{ "fd put none", "*", "pass, none" },
	{ "file zstd tar file", "**", "pass, pipe, pass" },
	{ "file zstd tar zstd fd", "***", "pass, pipe, pipe, pass" },
	{ "file zstd mem", "*", "pass, read" },
	{ "mem zstd file", "*", "write, pass" },
	/* commands and taps */
	{ "file hash zstd file", "M*", "read, fused, write, pass" },
	{ "file zstd hash file", "*M", "pass, read, fused, write" },
	{ "file zstd hash tar file", "*M*", "pass, read, fused, write, pass" },
	{ "file hash zstd count file", "M*m", "read, fused, write, read, fused, write" },
	{ "file zstd hash none", "*M", "pass, read, fused, none" },
	{ "none hash zstd file", "M*", "none, fused, write, pass" },
	/* functions */
	{ "file sort file", "*", "pass, pass" },
	{ "fd sort fd", "*", "pass, pass" },
	{ "none sort none", "*", "none, none" },
	{ "none make fd", "*", "none, pass" },
	{ "fd take none", "*", "pass, none" },
	{ "file sort sort file", "**", "pass, ring, pass" },
	{ "file mem mem file", "**", "read, ring, write" },
	{ "file soft sort file", "**", "pass, pipe, pass" },
	{ "file soft mem file", "**", "pass, ring, write" },
	{ "file mem soft file", "**", "read, ring, pass" },
	{ "file bare sort file", "**", "pass, pipe, pass" },
	{ "file sort mem", "*", "pass, ring" },
	{ "file seek file", "*", "pass, pass" },
	{ "file cat seek fd", "*", "pass, pass" },
	/* functions and commands */
	{ "file sort zstd file", "**", "pass, pipe, pass" },
	{ "file zstd sort file", "**", "pass, pipe, pass" },
	{ "file mem zstd file", "**", "read, write, pass" },
	{ "file zstd mem file", "**", "pass, read, write" },
	{ "file soft zstd file", "**", "pass, pipe, pass" },
	/* functions and taps */
	{ "file hash sort file", "*", "read, fused, pass" },
	{ "file sort hash file", "*", "pass, fused, write" },
	{ "file sort hash count sort file", "**", "pass, fused, fused, ring, pass" },
	{ "file zstd hash sort file", "**", "pass, read, fused, pass" },
	{ "file sort hash zstd file", "**", "pass, fused, write, pass" },
	{ "file sort hash none", "*", "pass, fused, none" },
	{ "none hash sort file", "*", "none, fused, pass" },
	{ "file hash bare file", "M*", "read, fused, write, pass" },
	{ "file bare hash bare file", "*M*", "pass, read, fused, write, pass" },
	{ "file bare hash sort file", "**", "pass, read, fused, pass" },
	{ "file count look file", "*", "read, fused, pass" },
};

/* A pipeline that is refused. */
static const struct refusal {
	const char *words;
	size_t stage;
	const char *stream;
	const char *why;
} refusals[] = {
	{ "file gen file", 0, "stdin", "takes no input" },
	{ "file zstd gen file", 1, "stdin", "takes no input" },
	{ "none hash gen file", 1, "stdin", "takes no input" },
	{ "none cat make file", 1, "stdin", "takes no input" },
	{ "file put fd", 0, "stdout", "makes no output" },
	{ "file put zstd fd", 0, "stdout", "makes no output" },
	{ "file take hash none", 0, "stdout", "makes no output" },
	{ "file put gen fd", 0, "stdout", "makes no output" },
	{ "file sort sort take mem", 2, "stdout", "makes no output" },
	{ "fd seek file", 0, "stdin", "needs a regular file" },
	{ "none seek file", 0, "stdin", "needs a regular file" },
	{ "file zstd seek file", 1, "stdin", "needs a regular file" },
	{ "file hash seek file", 1, "stdin", "needs a regular file" },
	{ "file own fd", 0, "stdout", "needs a regular file" },
};

/* clang-format on */

#endif
