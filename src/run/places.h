/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories beside the destination: where backups go, and earlier trees that new files may share with. */
#ifndef DECANT_PLACES_H
#define DECANT_PLACES_H

#include "run/target.h"

/* Lock DEST if asked to, and open what the options name, relative to the run's base, which is known by now.  Main thread, before the
 * workers start.  False: it was told why not. */
bool places_open(struct run *run);
/* Close what places_open() opened.  Harmless otherwise. */
void places_close(struct run *run);
/* Whether ST is the directory that backups go to. */
bool places_is_backup(const struct run *run, const struct stat *st);

/*
 * Give the old file NAME below directory FROM a second name where backups go:
 * at the path of SHOWN below DIR.  Fails with MKDIR, OPEN, LINK, RENAME or MEMORY.
 */
struct err places_save(
    struct worker *w, const struct node *dir, const char *shown, int from, const char *name);
/* Likewise, but the file moves there. */
struct err places_move(
    struct worker *w, const struct node *dir, const char *shown, int from, const char *name);

/*
 * Look for regular file E, with attributes ST, whose destination has nothing, in the earlier trees; T says
 * what was found: T->basis and the directory that it is in, which places_forget() closes.
 */
struct err places_find(
    struct worker *w, const struct entry *e, const struct stat *st, struct target *t);
/* Close what places_find() found. */
void places_forget(struct target *t);

#endif
