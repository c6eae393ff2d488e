/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of `list`. */
#include "report/listing.h"

#include <inttypes.h>
#include <string.h>

/* The letter of MODE's type, as ls(1) has it. */
static char
type_letter(const struct listed *l)
{
	if (l->hard_link)
		return 'h';
	switch (l->mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFREG:
		return '-';
	default:
		return '?';
	}
}

static const char *
type_word(const struct listed *l)
{
	static const struct {
		char letter;
		const char *word;
	} words[] = {
		{ 'h', "link" },
		{ 'd', "dir" },
		{ 'l', "symlink" },
		{ 'p', "fifo" },
		{ 's', "socket" },
		{ 'c', "char" },
		{ 'b', "block" },
		{ '-', "file" },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (words[i].letter == type_letter(l))
			return words[i].word;
	}
	return "unknown";
}

/* Append three letters for the permissions in BITS; SPECIAL: the set-ID or sticky bit is set, LETTER. */
static void
add_three(struct str *s, unsigned bits, bool special, char letter)
{
	bool runs = (bits & 1) != 0;

	str_addc(s, (bits & 4) != 0 ? 'r' : '-');
	str_addc(s, (bits & 2) != 0 ? 'w' : '-');
	if (special)
		str_addc(s, runs ? letter : (char)(letter - 'a' + 'A'));
	else
		str_addc(s, runs ? 'x' : '-');
}

static void
add_owner(struct str *s, const char *name, int64_t id)
{
	if (name != NULL && name[0] != '\0')
		str_add_shown(s, name, strlen(name));
	else if (id >= 0)
		str_addf(s, "%" PRId64, id);
	else
		str_addc(s, '-');
}

static void
add_size(struct str *s, const struct listed *l)
{
	if (S_ISCHR(l->mode) || S_ISBLK(l->mode))
		str_addf(s, " %6u,%5u", l->major, l->minor);
	else if (l->size >= 0)
		str_addf(s, " %12" PRId64, l->size);
	else
		str_addf(s, " %12s", "-");
}

static void
add_time(struct str *s, const struct listed *l)
{
	char text[32] = "";
	struct tm tm;

	if (l->has_mtime && localtime_r(&l->mtime.tv_sec, &tm) != NULL)
		(void)strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
	str_addf(s, " %-16s ", text[0] != '\0' ? text : "-");
}

void
listing_text(struct str *s, const struct listed *l)
{
	str_addc(s, type_letter(l));
	add_three(s, l->mode >> 6, (l->mode & S_ISUID) != 0, 's');
	add_three(s, l->mode >> 3, (l->mode & S_ISGID) != 0, 's');
	add_three(s, l->mode, (l->mode & S_ISVTX) != 0, 't');
	str_addc(s, ' ');
	add_owner(s, l->user, l->uid);
	str_addc(s, '/');
	add_owner(s, l->group, l->gid);
	add_size(s, l);
	add_time(s, l);
	str_add_shown(s, l->path, strlen(l->path));
	if (l->target == NULL)
		return;
	str_adds(s, l->hard_link ? " link to " : " -> ");
	str_add_shown(s, l->target, strlen(l->target));
}

/* Append `,"KEY":NAME`; what is not UTF-8 becomes base64 under KEY_b64. */
static void
add_name(struct str *s, const char *key, const char *name)
{
	size_t len = name != NULL ? strlen(name) : 0;

	if (name == NULL)
		return;
	if (utf8_is_valid(name, len)) {
		str_addf(s, ",\"%s\":", key);
		str_add_json(s, name, len);
		return;
	}
	str_addf(s, ",\"%s_b64\":\"", key);
	str_add_base64(s, name, len);
	str_addc(s, '"');
}

void
listing_json(struct str *s, const struct listed *l)
{
	str_addf(s, "{\"type\":\"entry\",\"kind\":\"%s\"", type_word(l));
	add_name(s, "path", l->path);
	str_addf(s, ",\"mode\":\"%04o\"", (unsigned)l->mode & 07777);
	if (l->uid >= 0)
		str_addf(s, ",\"uid\":%" PRId64, l->uid);
	if (l->gid >= 0)
		str_addf(s, ",\"gid\":%" PRId64, l->gid);
	add_name(s, "user", l->user);
	add_name(s, "group", l->group);
	if (S_ISCHR(l->mode) || S_ISBLK(l->mode))
		str_addf(s, ",\"device\":[%u,%u]", l->major, l->minor);
	if (l->size >= 0)
		str_addf(s, ",\"bytes\":%" PRId64, l->size);
	if (l->has_mtime)
		str_addf(
		    s, ",\"mtime\":%" PRId64 ".%09ld", (int64_t)l->mtime.tv_sec, l->mtime.tv_nsec);
	add_name(s, "target", l->target);
	add_name(s, "hash", l->hash);
	str_adds(s, "}\n");
}
