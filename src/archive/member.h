/* SPDX-License-Identifier: BSD-2-Clause */
/* libarchive's entry as a member, and a member as libarchive's entry. */
#ifndef DECANT_MEMBER_H
#define DECANT_MEMBER_H

#include "archive/aclform.h"
#include "pipe/archive.h"

#include <archive.h>
#include <archive_entry.h>

enum {
	/* Attributes of one member: more than the 64 KiB of names that Linux lists (xattr(7)) can
	 * usefully hold, and few enough to be compared with each other. */
	MEMBER_XATTRS_MAX = 4096,
};

/* Where a member's arrays are kept, from member to member. */
struct member_room {
	struct arc_xattr *xattrs; /* xattrs[xattrs_cap] */
	size_t xattrs_cap;
	struct arc_range *ranges; /* ranges[ranges_cap] */
	size_t ranges_cap;
	char *names; /* names of XATTRS, decoded */
	size_t names_cap;
	struct acl_form acls[2]; /* the access and the default ACL */
};

/* Free what ROOM owns. */
void member_room_release(struct member_room *room);
/* Fill M from ENTRY, of an archive of FORMAT (libarchive's code); M points into both ENTRY and ROOM.
 * ENTRY's iterators are used.  Fails with ENOMEM (MEMORY). */
struct err member_from_entry(struct arc_member *m, struct archive_entry *entry, int format,
    struct member_room *room, const struct arc_read_options *options);
/* Fill ENTRY, cleared, from M.  *LOST is true when an ACL could not be taken. */
void member_to_entry(const struct arc_member *m, struct archive_entry *entry, bool *lost);

#endif
