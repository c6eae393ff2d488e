/* SPDX-License-Identifier: BSD-2-Clause */
/* Plain headers of tar. */
#include "run/tarhead.h"

#include <string.h>

enum {
	NAME_LEN = 100,
	MODE_AT = 100,
	UID_AT = 108,
	GID_AT = 116,
	ID_LEN = 8,
	MTIME_AT = 136,
	TIME_LEN = 12,
	SUM_AT = 148,
	SUM_LEN = 8,
	LINK_AT = 157,
	MAGIC_AT = 257,
	UNAME_AT = 265,
	GNAME_AT = 297,
	OWNER_LEN = 32,
	MAJOR_AT = 329,
	MINOR_AT = 337,
	PREFIX_AT = 345,
	PREFIX_LEN = 155,
	ID_MOST = 07777777, /* seven digits and a NUL */
};

static const int64_t number_most = 077777777777; /* eleven digits and a NUL: sizes, times */

/* The magic with its NUL, then the version. */
static const char magic[8] = { 'u', 's', 't', 'a', 'r', '\0', '0', '0' };

void
tar_octal(char *f, size_t len, uint64_t value)
{
	f[len - 1] = '\0';
	for (size_t i = len - 1; i-- > 0; value /= 8)
		f[i] = (char)('0' + value % 8);
}

void
tar_sum(char *block)
{
	unsigned sum = 0;

	memset(block + SUM_AT, ' ', SUM_LEN);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += (unsigned char)block[i];
	tar_octal(block + SUM_AT, SUM_LEN - 1, sum); /* the last byte stays a blank */
}

void
tar_extended(char *block, size_t len)
{
	tar_octal(block + MODE_AT, ID_LEN, 0644);
	tar_octal(block + UID_AT, ID_LEN, 0);
	tar_octal(block + GID_AT, ID_LEN, 0);
	tar_octal(block + TAR_SIZE_AT, TAR_SIZE_LEN, len);
	tar_octal(block + MTIME_AT, TIME_LEN, 0);
	block[TAR_TYPE_AT] = 'x';
	memcpy(block + MAGIC_AT, magic, sizeof magic);
}

/* True when NAME is of ASCII only, and at most MOST bytes long: the others pax has in UTF-8, if they are. */
static bool
is_plain(struct arc_name name, size_t most)
{
	unsigned char all = 0;

	for (size_t i = 0; i < name.len; i++)
		all |= (unsigned char)name.bytes[i];
	return name.len <= most && all < 0x80;
}

/* Whether all of M can stand in one header, its name perhaps not. */
static bool
fits(const struct arc_member *m)
{
	const int64_t mtime = m->times[ARC_MTIME].tv_sec;
	bool known = m->type == ARC_FILE || m->type == ARC_DIR || m->type == ARC_SYMLINK;

	return known && m->n_xattrs == 0 && !m->sparse && m->has_owner &&
	       m->has_times == 1U << ARC_MTIME && mtime >= 0 && mtime <= number_most &&
	       m->size >= 0 && m->size <= number_most && m->uid >= 0 && m->uid <= ID_MOST &&
	       m->gid >= 0 && m->gid <= ID_MOST && is_plain(m->link, NAME_LEN) &&
	       is_plain(m->uname, OWNER_LEN - 1) && is_plain(m->gname, OWNER_LEN - 1);
}

/* Where a name of LEN bytes is cut into a prefix and the rest, at a '/' that goes; 0 = nowhere, -1 = it does
 * not fit. */
static int
cut_of(const char *name, size_t len)
{
	if (len <= NAME_LEN)
		return 0;
	/* the rest is never empty: the slash of a directory is not among those looked at */
	for (size_t at = len - NAME_LEN - 1; at < len - 1 && at <= PREFIX_LEN; at++) {
		if (name[at] == '/' && at > 0)
			return (int)at;
	}
	return -1;
}

/* Put M's name into the header BLOCK.  False: it is too long. */
static bool
put_name(char *block, const struct arc_member *m)
{
	char name[PREFIX_LEN + 1 + NAME_LEN];
	size_t len = m->name.len;
	bool slash = m->type == ARC_DIR && m->name.bytes[len - 1] != '/';

	if (!is_plain(m->name, sizeof name - 1))
		return false;
	memcpy(name, m->name.bytes, len);
	if (slash)
		name[len++] = '/';
	int cut = cut_of(name, len);
	if (cut < 0)
		return false;
	if (cut > 0) {
		memcpy(block + PREFIX_AT, name, (size_t)cut);
		cut++;
	}
	memcpy(block, name + cut, len - (size_t)cut);
	return true;
}

/* Name the extended header BLOCK after M, for who takes it for a file: "dir/PaxHeader/name". */
static void
name_extended(char *block, const struct arc_member *m)
{
	static const char folder[] = "PaxHeader/";
	const char *slash = memrchr(m->name.bytes, '/', m->name.len - 1);
	size_t dir = slash != NULL ? (size_t)(slash - m->name.bytes) : 0;
	size_t base = slash != NULL ? dir + 1 : 0;
	size_t room = NAME_LEN - sizeof folder;
	size_t len = m->name.len - base;

	if (dir > 0 && dir <= PREFIX_LEN)
		memcpy(block + PREFIX_AT, m->name.bytes, dir);
	memcpy(block, folder, sizeof folder - 1);
	memcpy(block + sizeof folder - 1, m->name.bytes + base, len < room ? len : room);
}

/* Write VALUE in decimal, DIGITS of it at least, in front of END; returns where it begins. */
static char *
put_decimal(char *end, uint64_t value, int digits)
{
	for (; digits > 0 || value > 0; digits--, value /= 10)
		*--end = (char)('0' + value % 10);
	return end;
}

/* Put at TO, which is zeroed, an extended header that has M's time of modification.  (By printf(), this took a
 * tenth of all user time.) */
static void
put_time(char *to, const struct arc_member *m)
{
	static const char key[] = " mtime=";
	const struct timespec *t = &m->times[ARC_MTIME];
	char text[40];
	char *end = text + sizeof text;
	char *at = end;

	*--at = '\n';
	at = put_decimal(at, (uint64_t)t->tv_nsec, 9);
	*--at = '.';
	at = put_decimal(at, (uint64_t)t->tv_sec, 1);
	at -= sizeof key - 1;
	memcpy(at, key, sizeof key - 1);
	/* its own length has two digits for any time that fits */
	at = put_decimal(at, (uint64_t)(end - at) + 2, 2);
	memcpy(to + TAR_BLOCK, at, (size_t)(end - at));
	name_extended(to, m);
	tar_extended(to, (size_t)(end - at));
	tar_sum(to);
}

size_t
tar_head_put(const struct arc_member *m, enum arc_format format, char *to)
{
	const struct timespec *t = &m->times[ARC_MTIME];
	size_t len = TAR_BLOCK;

	if ((format != ARC_PAX && format != ARC_USTAR) || !fits(m))
		return 0;
	if (format == ARC_PAX && t->tv_nsec != 0)
		len = TAR_HEAD_MOST;
	memset(to, 0, len);
	char *block = to + len - TAR_BLOCK;
	if (!put_name(block, m))
		return 0;
	if (len > TAR_BLOCK)
		put_time(to, m);
	tar_octal(block + MODE_AT, ID_LEN, m->mode);
	tar_octal(block + UID_AT, ID_LEN, (uint64_t)m->uid);
	tar_octal(block + GID_AT, ID_LEN, (uint64_t)m->gid);
	tar_octal(block + TAR_SIZE_AT, TAR_SIZE_LEN, m->type == ARC_FILE ? (uint64_t)m->size : 0);
	tar_octal(block + MTIME_AT, TIME_LEN, (uint64_t)t->tv_sec);
	block[TAR_TYPE_AT] = m->type == ARC_DIR ? '5' : m->type == ARC_SYMLINK ? '2' : '0';
	if (m->type == ARC_SYMLINK)
		memcpy(block + LINK_AT, m->link.bytes, m->link.len);
	memcpy(block + MAGIC_AT, magic, sizeof magic);
	if (m->uname.bytes != NULL)
		memcpy(block + UNAME_AT, m->uname.bytes, m->uname.len);
	if (m->gname.bytes != NULL)
		memcpy(block + GNAME_AT, m->gname.bytes, m->gname.len);
	tar_octal(block + MAJOR_AT, ID_LEN, 0);
	tar_octal(block + MINOR_AT, ID_LEN, 0);
	tar_sum(block);
	return len;
}
