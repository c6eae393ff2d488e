/* SPDX-License-Identifier: BSD-2-Clause */
/* The taps there are; one .c file each, but a limit is a range. */
#ifndef DECANT_TAPKINDS_H
#define DECANT_TAPKINDS_H

#include "pipe/digest.h"
#include "pipe/stage.h"

/* All of these return a tap, NULL = out of memory.  What OUT points to is written by the thread that moves
 * the bytes, and may be read when the stage has ended. */

/* Digest the bytes with ALGO.  TOLD is called at the end of a whole stream with the digest, in hex. */
[[nodiscard]] struct stage *tap_hash_new(const struct digest_algo *algo,
    void (*told)(void *arg, const char *algo, const char *hex, int64_t bytes), void *arg);

/* What a count has counted. */
struct tap_counts {
	int64_t bytes; /* bytes that passed */
	int64_t lines; /* newlines among them */
};
/* Count bytes and lines into OUT, from 0 on. */
[[nodiscard]] struct stage *tap_count_new(struct tap_counts *out);
/* Let the first BYTES pass, then end early. */
[[nodiscard]] struct stage *tap_limit_new(int64_t bytes);
/* Let LEN bytes from offset OFF on pass, then end early. */
[[nodiscard]] struct stage *tap_range_new(int64_t off, int64_t len);
/* Let at most BPS (1 or more) bytes a second pass, evenly; sleeps in the moving thread until CANCEL. */
[[nodiscard]] struct stage *tap_rate_new(int64_t bps, const struct cancel *cancel);
/* Write what passes to *FD too, borrowed, which is looked at when it starts; each block at once.  A failure of it ends the pipeline.  NAME
 * is for people. */
[[nodiscard]] struct stage *tap_tee_new(const char *name, const int *fd);
/* Compare with what can be read from FD, borrowed; *SAME_UP_TO = -1 when all is the same to the end of
 * a whole stream, else the offset of the first difference, after which it ends early, or of what was
 * not compared.  NAME is for people. */
[[nodiscard]] struct stage *tap_compare_new(const char *name, int fd, int64_t *same_up_to);

#endif
