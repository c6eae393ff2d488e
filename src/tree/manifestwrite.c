/* SPDX-License-Identifier: BSD-2-Clause */
/* Manifests: the lines, their order, and the seal at the end. */
#include "tree/manifest.h"

#include <inttypes.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <xxhash.h>

struct manifest_writer {
	XXH3_state_t *seal; /* of all bytes so far */
	int64_t count;      /* entries so far */
};

static char
type_letter(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	case S_IFBLK:
		return 'b';
	case S_IFCHR:
		return 'c';
	default:
		return 'f';
	}
}

void
manifest_entry_of(struct manifest_entry *e, const struct stat *st)
{
	*e = (struct manifest_entry){
		.type = type_letter(st->st_mode),
		.mode = st->st_mode & 07777,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mtime = st->st_mtim,
	};
	if (e->type == 'f')
		e->size = st->st_size;
	if (e->type == 'b' || e->type == 'c') {
		e->major = major(st->st_rdev);
		e->minor = minor(st->st_rdev);
	}
}

/* Where C stands among bytes: the end of a component is before any byte of a name. */
static int
rank(unsigned char c)
{
	return c == '/' ? 0 : c;
}

int
manifest_order(const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (a_len == 1 && a[0] == '.')
		a_len = 0;
	if (b_len == 1 && b[0] == '.')
		b_len = 0;
	for (size_t i = 0; i < a_len && i < b_len; i++) {
		if (a[i] != b[i])
			return rank((unsigned char)a[i]) - rank((unsigned char)b[i]);
	}
	return (a_len > b_len) - (a_len < b_len);
}

size_t
manifest_plain(const char *text, size_t len)
{
	unsigned char c = (unsigned char)text[0];
	size_t n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (c < 0x80)
		return c > ' ' && c < 0x7f && c != '\\' ? 1 : 0;
	/* U+0080 to U+009F drive terminals */
	if (n > len || (c == 0xc2 && (unsigned char)text[1] < 0xa0))
		return 0;
	return utf8_is_valid(text, n) ? n : 0;
}

void
manifest_add_text(struct str *s, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t run = 0;

		while (i + run < len) {
			size_t n = manifest_plain(bytes + i + run, len - i - run);
			if (n == 0)
				break;
			run += n;
		}
		str_add(s, bytes + i, run);
		i += run;
		if (i < len)
			str_addf(s, "\\x%02x", (unsigned char)bytes[i++]);
	}
}

void
manifest_add_digests(
    struct str *s, const struct manifest_algos *algos, const struct manifest_entry *e)
{
	static const char digits[] = "0123456789abcdef";

	if (!e->hashed || algos->n == 0)
		str_addc(s, '-');
	for (size_t i = 0; e->hashed && i < algos->n; i++) {
		char hex[2 * MANIFEST_DIGEST];

		for (size_t j = 0; j < algos->sizes[i]; j++) {
			hex[2 * j] = digits[e->digests[i][j] >> 4];
			hex[2 * j + 1] = digits[e->digests[i][j] & 15];
		}
		if (i > 0)
			str_addc(s, ',');
		str_add(s, hex, 2 * algos->sizes[i]);
	}
}

/* Numbers are written without printf(): a million lines have eight million of them. */

static void
add_time(struct str *s, const struct timespec *t)
{
	uint64_t sec = (uint64_t)t->tv_sec;

	if (t->tv_sec < 0)
		str_addc(s, '-');
	str_add_number(s, t->tv_sec < 0 ? -sec : sec, 1);
	str_addc(s, '.');
	str_add_number(s, (uint64_t)t->tv_nsec, 9);
	str_addc(s, ' ');
}

static void
add_mode(struct str *s, mode_t mode)
{
	for (int shift = 9; shift >= 0; shift -= 3)
		str_addc(s, (char)('0' + (mode >> shift & 7)));
	str_addc(s, ' ');
}

static void
add_inode(struct str *s, const struct manifest_entry *e)
{
	if (!e->identified) {
		str_adds(s, "- ");
		return;
	}
	str_add_number(s, e->ino, 1);
	str_addc(s, ':');
	add_time(s, &e->ctime);
}

void
manifest_add_fields(
    struct str *s, const struct manifest_algos *algos, const struct manifest_entry *e)
{
	str_addc(s, e->type);
	str_addc(s, ' ');
	manifest_add_digests(s, algos, e);
	str_addc(s, ' ');
	if (e->type == 'f')
		str_add_number(s, (uint64_t)e->size, 1);
	else
		str_addc(s, '-');
	str_addc(s, ' ');
	add_mode(s, e->mode);
	str_add_number(s, e->uid, 1);
	str_addc(s, ' ');
	str_add_number(s, e->gid, 1);
	str_addc(s, ' ');
	add_time(s, &e->mtime);
	if (algos->inodes)
		add_inode(s, e);
	if (e->type == 'l')
		manifest_add_text(s, e->target, e->target_len);
	else if (e->type == 'b' || e->type == 'c')
		str_addf(s, "%u:%u", e->major, e->minor);
	else
		str_addc(s, '-');
	str_addc(s, ' ');
}

void
manifest_add_entry(
    struct str *s, const struct manifest_algos *algos, const struct manifest_entry *e)
{
	manifest_add_fields(s, algos, e);
	manifest_add_text(s, e->name, e->name_len);
	str_addc(s, '\n');
}

struct manifest_writer *
manifest_writer_new(const struct manifest_algos *algos, struct str *s)
{
	struct manifest_writer *w = calloc(1, sizeof *w);
	size_t at = s->len;

	if (w == NULL)
		return NULL;
	w->seal = XXH3_createState();
	if (w->seal == NULL) {
		free(w);
		return NULL;
	}
	str_adds(s, MANIFEST_MAGIC "1 ");
	if (algos->n == 0)
		str_addc(s, '-');
	for (size_t i = 0; i < algos->n; i++)
		str_addf(s, "%s%s", i > 0 ? "," : "", algos->names[i]);
	str_adds(s, algos->inodes ? " inodes\n" : "\n");
	XXH3_128bits_reset(w->seal);
	XXH3_128bits_update(w->seal, s->buf + at, s->len - at);
	return w;
}

void
manifest_writer_free(struct manifest_writer *w)
{
	if (w == NULL)
		return;
	XXH3_freeState(w->seal);
	free(w);
}

void
manifest_writer_line(struct manifest_writer *w, const char *line, size_t len)
{
	XXH3_128bits_update(w->seal, line, len);
	w->count++;
}

void
manifest_writer_end(struct manifest_writer *w, struct str *s)
{
	XXH128_hash_t seal = XXH3_128bits_digest(w->seal);

	str_addf(s, "end %" PRId64 " xxh128:%016" PRIx64 "%016" PRIx64 "\n", w->count,
	    (uint64_t)seal.high64, (uint64_t)seal.low64);
}
