/* SPDX-License-Identifier: BSD-2-Clause */
/* What an earlier run knew of files, from its manifest: the digests of those that have not changed since. */
#ifndef DECANT_KNOWN_H
#define DECANT_KNOWN_H

#include "base/str.h"
#include "run/hashing.h"

#include <sys/stat.h>

/*
 * A table of files, const once loaded.  A file's path, size, mtime, ctime and inode number are kept as one hash
 * of 128 bits, since nothing but "all as it was" is ever asked: an entry costs 16 bytes and its digests,
 * 32 with xxh128 and 48 with sha256, in a table that is between three eighths and three quarters full; a
 * million files cost 43 to 85 MiB with xxh128.
 */
struct known;

/*
 * Load the manifest PATH, all of it, into *K, for a run that makes ALGOS.  No file PATH, or one that lacks any
 * of ALGOS, leaves nothing known: *K is then NULL.  Blocks.
 * Fails with OPEN, READ or MEMORY; EBADMSG is a damaged manifest, WHY then says where.
 */
struct err known_load(
    const char *path, const struct hash_algos *algos, struct known **k, struct str *why);
/* Free K.  NULL is fine. */
void known_free(struct known *k);
/* Whether the file that manifests call PATH, with attributes ST, is as it was; H then has its digests. */
bool known_find(
    const struct known *k, const struct str *path, const struct stat *st, struct hashing *h);

#endif
