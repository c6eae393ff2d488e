/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes, counts and times as people write and read them; the locale has no say. */
#ifndef DECANT_SIZE_H
#define DECANT_SIZE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SIZE_TEXT =
	    32 /* bytes that any text made here needs, NUL included: "-9,223,372,036,854,775,808" */
};

/*
 * Read a size: decimal digits and a unit, nothing else.  K M G T P E, in either case, are powers
 * of 1024 alone or with "iB", powers of 1000 with "B"; "B" alone or nothing is bytes.
 * False = not a size, or more than INT64_MAX; *SIZE is then untouched.
 */
[[nodiscard]] bool size_parse(const char *text, int64_t *size);

/*
 * Read a time span: decimal digits, perhaps with a point and more of them, and a unit: "ms", "s" or
 * nothing, "m", "h".  What is left of a millisecond counts as a whole one.
 * False = not a time span, or more than INT64_MAX milliseconds; *MS is then untouched.
 */
[[nodiscard]] bool duration_parse(const char *text, int64_t *ms);

/*
 * Read bytes a second: decimal digits, perhaps with a point and more of them, and a unit as size_parse() has
 * them; nothing is KiB, as in rsync.  What is left of a byte counts as a whole one.
 * False = not a rate, or more than INT64_MAX; *BPS is then untouched.
 */
[[nodiscard]] bool rate_parse(const char *text, int64_t *bps);

/* The index of the unit in which BYTES reads best: 0 = B, 1 = KiB, ... 6 = EiB. */
int size_unit(int64_t bytes);
/* The name of a unit, e.g. "MiB"; static storage. */
const char *size_unit_name(int unit);
/* Write BYTES as a number of UNITs, its own or larger, with 0 to 2 DECIMALS; returns BUF. */
const char *size_format_in(char buf[static SIZE_TEXT], int64_t bytes, int unit, int decimals);
/* Write BYTES with one decimal and its unit, "12.3 MiB", or "512 B"; returns BUF. */
const char *size_format(char buf[static SIZE_TEXT], int64_t bytes);
/* Write bytes a second with three digits and the unit, "1.21 GiB/s"; returns BUF. */
const char *rate_format(char buf[static SIZE_TEXT], int64_t rate_bps);
/* Write COUNT with thousands commas, "18,204"; returns BUF. */
const char *count_format(char buf[static SIZE_TEXT], int64_t count);
/* Write whole seconds as a clock, "0:15", "1:02:03"; returns BUF. */
const char *clock_format(char buf[static SIZE_TEXT], int64_t seconds);
/* Write a time span, "25.4 s" below a minute, else as clock_format(); returns BUF. */
const char *duration_format(char buf[static SIZE_TEXT], int64_t span_ns);

#endif
