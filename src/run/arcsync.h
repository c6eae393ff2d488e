/* SPDX-License-Identifier: BSD-2-Clause */
/* A tree kept equal to an archive: what the decoder and the workers ask for, and the verbs that want it. */
#ifndef DECANT_ARCSYNC_H
#define DECANT_ARCSYNC_H

#include "run/unpacking.h"

/* Whether PATH, as it was typed, is a regular file with slashes behind: an archive that stands for its
 * contents.  *LEN is its length without them. */
bool arcsync_names_one(const char *path, size_t *len);
/* Carry out OPTS, whose source is the archive OPTS->archive; as sync_run(). */
int arcsync_run(struct sync_opts *opts);
/* Carry out OPTS, which delete; as unpack_run(). */
int arcsync_unpack(struct unpack_opts *opts);

/* --- of a run with a mirror --- */

/* Make its rules.  False: it was told why not.  Main thread. */
bool arcsync_prepare(struct run *run);
/* Whether the rules of a sync leave out PATH[len], or a directory that it is in.  The decoder, or when the
 * workers are done. */
bool arcsync_leaves_out(struct unpacking *u, const char *path, size_t len, bool is_dir);
/* Whether its size or age leaves out M. */
bool arcsync_passes_by(const struct unpacking *u, const struct arc_member *m);
/* Compare the directory DIR, which stood there, with its member M: O's action and note.  Fails as
 * member_meet() does.  The decoder. */
struct err arcsync_directory(
    struct unpacking *u, struct node *dir, const struct arc_member *m, struct carried *o);
/* Make directory NAME below PARENT, which is held, where something stands: what is no directory goes.
 * Fails with EEXIST where there is a directory, or as removing and making do.  The decoder. */
struct err arcsync_make_way(struct unpacking *u, struct node *parent, const char *name);
/* Before the directory FD gets the attributes of M: *EQUAL, it has them; else what it has beside them goes.
 * Main thread. */
struct err arcsync_mend_directory(
    struct unpacking *u, const struct arc_member *m, int fd, bool *equal);
/* All has been unpacked: remove what the archive does not have, if that was asked for and no brake holds.
 * Main thread. */
void arcsync_delete(struct unpacking *u);

#endif
