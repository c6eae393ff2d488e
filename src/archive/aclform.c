/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POSIX ACLs between two forms.  The kernel's (linux/posix_acl_xattr.h): a little-endian 32-bit version,
 * then per entry a 16-bit tag, 16 bits of permission, a 32-bit number; entries by tag.
 */
#include "archive/aclform.h"

#include "archive/said.h"

#include <limits.h>
#include <stdlib.h>

enum {
	ACL_VERSION = 2,
	ACL_HEAD = 4,           /* bytes of the version */
	ACL_STEP = 8,           /* bytes of an entry */
	ACL_ENTRIES_MAX = 8191, /* what fits into an attribute of 64 KiB */
};

/* The kernel's tags, in the order of entries. */
enum acl_tag {
	TAG_USER_OBJ = 0x01,
	TAG_USER = 0x02,
	TAG_GROUP_OBJ = 0x04,
	TAG_GROUP = 0x08,
	TAG_MASK = 0x10,
	TAG_OTHER = 0x20,
};

/* No number: of entries that are not of a certain user or group. */
#define ACL_NO_ID UINT32_MAX

/* A tag in both forms. */
struct tag_pair {
	uint16_t kernel; /* enum acl_tag */
	int ours;        /* libarchive's */
};

static const struct tag_pair tags[] = {
	{ TAG_USER_OBJ, ARCHIVE_ENTRY_ACL_USER_OBJ },
	{ TAG_USER, ARCHIVE_ENTRY_ACL_USER },
	{ TAG_GROUP_OBJ, ARCHIVE_ENTRY_ACL_GROUP_OBJ },
	{ TAG_GROUP, ARCHIVE_ENTRY_ACL_GROUP },
	{ TAG_MASK, ARCHIVE_ENTRY_ACL_MASK },
	{ TAG_OTHER, ARCHIVE_ENTRY_ACL_OTHER },
};

enum { TAGS_N = sizeof(tags) / sizeof(tags[0]) };

static void
put_le(unsigned char *to, uint32_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (unsigned char)(value >> (8 * i));
}

static uint32_t
get_le(const unsigned char *from, size_t bytes)
{
	uint32_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint32_t)from[i] << (8 * i);
	return value;
}

static int
compare_steps(const void *a, const void *b)
{
	uint32_t ta = get_le(a, 2), tb = get_le(b, 2);
	uint32_t ia = get_le((const unsigned char *)a + 4, 4);
	uint32_t ib = get_le((const unsigned char *)b + 4, 4);

	if (ta != tb)
		return ta < tb ? -1 : 1;
	return ia < ib ? -1 : ia > ib;
}

static uint16_t
kernel_tag(int ours)
{
	for (size_t i = 0; i < TAGS_N; i++) {
		if (tags[i].ours == ours)
			return tags[i].kernel;
	}
	return 0;
}

static bool
names_someone(uint16_t tag)
{
	return tag == TAG_USER || tag == TAG_GROUP;
}

/* The number in an entry of user or group: as stored, of the name, or the name itself if it is one. */
static bool
find_id(
    const struct arc_read_options *options, int stored, const char *name, bool group, uint32_t *id)
{
	int64_t found = stored;
	char *end;

	if (found < 0 && name != NULL && options->id_of != NULL)
		found = options->id_of(options->arg, name, group);
	if (found < 0 && name != NULL && name[0] >= '0' && name[0] <= '9') {
		found = strtoll(name, &end, 10);
		if (*end != '\0')
			return false;
	}
	*id = (uint32_t)found;
	return found >= 0 && found < ACL_NO_ID;
}

static bool
reserve(struct acl_form *form, size_t len)
{
	if (len > form->cap) {
		unsigned char *bytes = realloc(form->bytes, len);
		if (bytes == NULL)
			return false;
		form->bytes = bytes;
		form->cap = len;
	}
	return true;
}

/* True when the sorted entries are such as the kernel takes: posix_acl_valid() of fs/posix_acl.c. */
static bool
is_valid(const struct acl_form *form)
{
	size_t count[TAG_OTHER + 1] = { 0 };
	const unsigned char *last = NULL;

	for (size_t at = ACL_HEAD; at < form->len; at += ACL_STEP) {
		const unsigned char *step = form->bytes + at;
		uint32_t tag = get_le(step, 2);

		count[tag]++;
		if (last != NULL && names_someone((uint16_t)tag) && compare_steps(last, step) == 0)
			return false;
		last = step;
	}
	bool named = count[TAG_USER] + count[TAG_GROUP] > 0;
	return count[TAG_USER_OBJ] == 1 && count[TAG_GROUP_OBJ] == 1 && count[TAG_OTHER] == 1 &&
	       count[TAG_MASK] <= 1 && (!named || count[TAG_MASK] == 1);
}

/* Append the entries of ENTRY to FORM; false = one has no place in it. */
static bool
gather(struct acl_form *form, struct archive_entry *entry, int want,
    const struct arc_read_options *options)
{
	int type, permset, tag, qual;
	const char *name;

	while (archive_entry_acl_next(entry, want, &type, &permset, &tag, &qual, &name) ==
	       ARCHIVE_OK) {
		uint16_t kernel = kernel_tag(tag);
		uint32_t id = ACL_NO_ID;
		unsigned char *step = form->bytes + form->len;

		if (kernel == 0 || form->len + ACL_STEP > form->cap)
			return false;
		if (names_someone(kernel) &&
		    !find_id(options, qual, name, kernel == TAG_GROUP, &id))
			return false;
		put_le(step, kernel, 2);
		put_le(step + 2, (uint32_t)permset & 7, 2); /* r 4, w 2, x 1 in both forms */
		put_le(step + 4, id, 4);
		form->len += ACL_STEP;
	}
	return true;
}

struct err
acl_form_from_entry(struct acl_form *form, struct archive_entry *entry, int type,
    const struct arc_read_options *options)
{
	int n = archive_entry_acl_reset(entry, type);

	form->len = 0;
	form->lost = false;
	if (n <= 0)
		return ERR_OK;
	if (n > ACL_ENTRIES_MAX) {
		form->lost = true;
		return ERR_OK;
	}
	/* An access ACL has three entries more, made of the mode, which some versions do not count. */
	if (!reserve(form, ACL_HEAD + ((size_t)n + 3) * ACL_STEP))
		return said_no_memory(SIDE_SRC);
	put_le(form->bytes, ACL_VERSION, ACL_HEAD);
	form->len = ACL_HEAD;
	bool all = gather(form, entry, type, options);
	if (all)
		qsort(form->bytes + ACL_HEAD, (form->len - ACL_HEAD) / ACL_STEP, ACL_STEP,
		    compare_steps);
	if (!all || !is_valid(form)) {
		form->lost = true;
		form->len = 0;
	}
	return ERR_OK;
}

static bool
add_step(struct archive_entry *entry, int type, const unsigned char *step)
{
	uint32_t tag = get_le(step, 2), perm = get_le(step + 2, 2), id = get_le(step + 4, 4);

	for (size_t i = 0; i < TAGS_N; i++) {
		if (tags[i].kernel != tag)
			continue;
		int qual = names_someone((uint16_t)tag) ? (int)id : -1;
		/* libarchive has int for numbers; a larger one would come back as none. */
		if (names_someone((uint16_t)tag) && id > INT_MAX)
			return false;
		return archive_entry_acl_add_entry(
			   entry, type, (int)(perm & 7), tags[i].ours, qual, NULL) == ARCHIVE_OK;
	}
	return false;
}

bool
acl_form_to_entry(struct archive_entry *entry, int type, const void *bytes, size_t len)
{
	const unsigned char *from = bytes;

	if (len < ACL_HEAD || (len - ACL_HEAD) % ACL_STEP != 0 ||
	    get_le(from, ACL_HEAD) != ACL_VERSION)
		return false;
	for (size_t at = ACL_HEAD; at < len; at += ACL_STEP) {
		if (!add_step(entry, type, from + at))
			return false;
	}
	return true;
}
