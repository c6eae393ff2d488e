/* SPDX-License-Identifier: BSD-2-Clause */
/* Members with every kind of attribute, written to memory and looked for in what is read. */
#ifndef DECANT_TESTS_ARC_ZOO_H
#define DECANT_TESTS_ARC_ZOO_H

#include "arc_memory.h"

#include <cmocka.h>

enum {
	FLIPS = 500,     /* damaged bits an archive */
	ZOO_BIG = 20000, /* bytes of the content that is one */
	ZOO_SPARSE = 1 << 16,
};

#define NAME(text)                                        \
	{                                                 \
		.bytes = (text), .len = sizeof(text) - 1, \
	}

#define TIMES                        \
	.has_times = 1 << ARC_MTIME, \
	.times = { [ARC_MTIME] = { .tv_sec = 981173106, .tv_nsec = 123456700 } }

/* user::rwx user:1000:rwx group::r-x group:2000:r-x mask::rwx other::r-x */
static const unsigned char zoo_acl[] = { 2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 2, 0, 7, 0,
	0xe8, 3, 0, 0, 4, 0, 5, 0, 255, 255, 255, 255, 8, 0, 5, 0, 0xd0, 7, 0, 0, 0x10, 0, 7, 0,
	255, 255, 255, 255, 0x20, 0, 5, 0, 255, 255, 255, 255 };

static const struct arc_xattr zoo_xattrs[] = {
	{ "user.plain", "value", 5 },
	{ "user.odd =%25", "a\0\377\n", 4 },
	{ "user.empty", "", 0 },
	{ "system.posix_acl_access", zoo_acl, sizeof(zoo_acl) },
};

static const struct arc_range zoo_ranges[] = { { 4096, 4096 }, { 40960, 8192 } };

/* A name of 240 bytes, which no field of tar holds. */
#define FORTY "0123456789012345678901234567890123456789"

static const struct arc_member zoo[] = {
	{ .name = NAME("first"),
	    .type = ARC_FILE,
	    .mode = 0644,
	    .has_owner = true,
	    .uid = 1000,
	    .gid = 1000,
	    .uname = NAME("joe"),
	    .gname = NAME("users"),
	    .size = 5,
	    TIMES },
	{ .name = NAME("dir/"), .type = ARC_DIR, .mode = 01777, .has_owner = true, TIMES },
	{ .name = NAME("dir/big"),
	    .type = ARC_FILE,
	    .mode = 06755,
	    .has_owner = true,
	    .uid = 5,
	    .gid = 70000,
	    .size = ZOO_BIG,
	    TIMES },
	{ .name = NAME("link"),
	    .type = ARC_SYMLINK,
	    .mode = 0777,
	    .link = NAME("dir/big"),
	    .has_owner = true,
	    TIMES },
	{ .name = NAME("hard"),
	    .type = ARC_HARD_LINK,
	    .mode = 0644,
	    .link = NAME("first"),
	    .has_owner = true,
	    .uid = 1000,
	    .gid = 1000,
	    TIMES },
	{ .name = NAME("fifo"), .type = ARC_FIFO, .mode = 0600, .has_owner = true, TIMES },
	{ .name = NAME("null"),
	    .type = ARC_CHAR,
	    .mode = 0666,
	    .rdev_major = 1,
	    .rdev_minor = 3,
	    .has_owner = true,
	    TIMES },
	{ .name = NAME("block"),
	    .type = ARC_BLOCK,
	    .mode = 0660,
	    .rdev_major = 259,
	    .rdev_minor = 7000,
	    .has_owner = true,
	    TIMES },
	{ .name = NAME("new\nline\033[m"),
	    .type = ARC_FILE,
	    .mode = 0400,
	    .has_owner = true,
	    .size = 0,
	    TIMES },
	{ .name = NAME("\xc3\xa9"),
	    .type = ARC_FILE,
	    .mode = 0600,
	    .has_owner = true,
	    .size = 3,
	    TIMES },
	{ .name = NAME("e\xcc\x81"),
	    .type = ARC_FILE,
	    .mode = 0600,
	    .has_owner = true,
	    .size = 3,
	    TIMES },
	{ .name = NAME("no\xff\xfeutf\x80"),
	    .type = ARC_FILE,
	    .mode = 0600,
	    .has_owner = true,
	    .size = 3,
	    TIMES },
	{ .name = NAME("odd\xff"),
	    .type = ARC_SYMLINK,
	    .mode = 0777,
	    .has_owner = true,
	    .link = NAME("to\xfe"),
	    .uname = NAME("j\xf6rg"),
	    TIMES },
	{ .name = NAME("deep/" FORTY FORTY FORTY "/" FORTY FORTY FORTY),
	    .type = ARC_FILE,
	    .mode = 0600,
	    .has_owner = true,
	    .size = 7,
	    TIMES },
	{ .name = NAME("xattrs"),
	    .type = ARC_FILE,
	    .mode = 0755,
	    .has_owner = true,
	    .size = 1,
	    .xattrs = zoo_xattrs,
	    .n_xattrs = 4,
	    TIMES },
	{ .name = NAME("sparse"),
	    .type = ARC_FILE,
	    .mode = 0600,
	    .has_owner = true,
	    .size = ZOO_SPARSE,
	    .sparse = true,
	    .ranges = zoo_ranges,
	    .n_ranges = 2,
	    TIMES },
	{ .name = NAME("hole"),
	    .type = ARC_FILE,
	    .mode = 0600,
	    .has_owner = true,
	    .size = ZOO_SPARSE,
	    .sparse = true,
	    TIMES },
	{ .name = NAME("old"),
	    .type = ARC_FILE,
	    .mode = 0600,
	    .has_owner = true,
	    .uid = 1 << 30,
	    .gid = 1 << 30,
	    .has_times = 15,
	    .times = { { 1000, 2000 }, { -5, 1000 }, { 1 << 30, 5000 }, { 77, 300 } },
	    .size = 1 },
};

enum { ZOO = sizeof(zoo) / sizeof(zoo[0]) };

/* The byte at OFF of member I; 0 in a hole. */
static inline char
zoo_byte(size_t i, int64_t off)
{
	const struct arc_member *m = &zoo[i];
	bool stored = !m->sparse;

	for (size_t r = 0; r < m->n_ranges; r++)
		stored |= off >= m->ranges[r].off && off - m->ranges[r].off < m->ranges[r].len;
	return stored ? (char)(1 + ((unsigned)off * 2654435761U >> 13) % 255) : 0;
}

static inline void
zoo_fill(size_t i, char *bytes, int64_t off, size_t n)
{
	for (size_t k = 0; k < n; k++)
		bytes[k] = zoo_byte(i, off + (int64_t)k);
}

/* True when member I has a place in FORMAT. */
static inline bool
zoo_fits(size_t i, enum arc_format format)
{
	const struct arc_member *m = &zoo[i];
	unsigned can = arc_format_can(format);

	if (m->type == ARC_HARD_LINK)
		return (can & ARC_CAN_HARD_LINKS) != 0 && format != ARC_CPIO;
	if (m->type == ARC_FIFO || m->type == ARC_CHAR || m->type == ARC_BLOCK)
		return (can & ARC_CAN_SPECIAL) != 0;
	/* Decomposed, or not UTF-8. */
	if (strpbrk(m->name.bytes, "\xcc\xff") != NULL)
		return (can & ARC_CAN_ANY_NAME) != 0;
	if (m->name.len > 200 || m->uid >= 1 << 30)
		return format != ARC_USTAR;
	return true;
}

/* Write the content of member I. */
static inline void
zoo_write_content(const struct arc_module *module, struct arc_writer *w, size_t i)
{
	static char bytes[ZOO_BIG];
	const struct arc_member *m = &zoo[i];
	int64_t at = 0;

	for (size_t r = 0; r < m->n_ranges; r++) {
		assert_false(err_failed(module->writing->hole(w, m->ranges[r].off - at)));
		zoo_fill(i, bytes, m->ranges[r].off, (size_t)m->ranges[r].len);
		assert_false(err_failed(module->writing->data(w, bytes, (size_t)m->ranges[r].len)));
		at = m->ranges[r].off + m->ranges[r].len;
	}
	if (m->sparse) {
		assert_false(err_failed(module->writing->hole(w, m->size - at)));
		return;
	}
	zoo_fill(i, bytes, 0, (size_t)m->size);
	assert_false(err_failed(module->writing->data(w, bytes, (size_t)m->size)));
}

/* The zoo as an archive in memory, without what FORMAT cannot hold. */
static inline struct mem_drain
zoo_archive(const struct arc_module *module, enum arc_format format, enum arc_filter filter)
{
	struct mem_drain d = mem_drain();
	const struct arc_writing *ops = module->writing;
	struct arc_writer *w = ops->make(&d.drain);
	struct arc_write_options o = {
		.format = format, .filter = filter, .level = ARC_LEVEL_DEFAULT
	};
	const char *warning;

	assert_non_null(w);
	assert_false(err_failed(ops->begin(w, &o)));
	for (size_t i = 0; i < ZOO; i++) {
		struct err e;
		if (!zoo_fits(i, format))
			continue;
		e = ops->header(w, &zoo[i], &warning);
		if (err_failed(e) || warning != NULL)
			fail_msg("%s in %s: %s, %s, %s", zoo[i].name.bytes, arc_format_name(format),
			    err_code_name(e), ops->said(w), warning);
		if (zoo[i].type == ARC_FILE)
			zoo_write_content(module, w, i);
	}
	assert_false(err_failed(ops->finish(w)));
	ops->drop(w);
	return d;
}

static inline void
zoo_check_name(struct arc_name got, struct arc_name want)
{
	if (want.bytes == NULL)
		return;
	if (got.len != want.len || memcmp(got.bytes, want.bytes, want.len + 1) != 0)
		fail_msg("'%s' instead of '%s'", got.bytes, want.bytes);
}

static inline void
zoo_check_xattrs(const struct arc_member *m, const struct arc_member *want)
{
	assert_int_equal(m->n_xattrs, want->n_xattrs);
	for (size_t i = 0; i < want->n_xattrs; i++) {
		bool found = false;
		for (size_t k = 0; k < m->n_xattrs; k++) {
			if (strcmp(m->xattrs[k].name, want->xattrs[i].name) != 0)
				continue;
			found = true;
			assert_int_equal(m->xattrs[k].len, want->xattrs[i].len);
			assert_memory_equal(
			    m->xattrs[k].value, want->xattrs[i].value, m->xattrs[k].len);
		}
		if (!found)
			fail_msg("%s is missing", want->xattrs[i].name);
	}
}

static inline void
zoo_check_times(const struct arc_member *m, const struct arc_member *want, unsigned can)
{
	long unit = (can & ARC_CAN_NS) != 0 ? 100 : 1000000000; /* 7z counts in 100 ns */

	assert_true((m->has_times & 1 << ARC_MTIME) != 0);
	for (int t = 0; t < ARC_TIMES_N; t++) {
		/* zip and 7z cannot tell a time before 1970 or have no birth. */
		if (t > 0 && (can & ARC_CAN_XATTRS) == 0)
			continue;
		assert_int_equal(m->has_times & 1U << t, want->has_times & 1U << t);
		if ((want->has_times & 1U << t) == 0)
			continue;
		assert_int_equal(m->times[t].tv_sec, want->times[t].tv_sec);
		assert_int_equal(m->times[t].tv_nsec, want->times[t].tv_nsec / unit * unit);
	}
}

static inline void
zoo_check_member(const struct arc_member *m, size_t i, enum arc_format format)
{
	const struct arc_member *want = &zoo[i];
	unsigned can = arc_format_can(format);

	zoo_check_name(m->name, want->name);
	zoo_check_name(m->link, want->link);
	assert_int_equal(m->type, want->type);
	if (want->n_xattrs == 0 || format != ARC_PAX)
		assert_int_equal(m->mode, want->mode);
	if ((can & ARC_CAN_OWNERS) != 0) {
		assert_int_equal(m->uid, want->uid);
		assert_int_equal(m->gid, want->gid);
	}
	if (format == ARC_PAX) {
		zoo_check_name(m->uname, want->uname);
		zoo_check_name(m->gname, want->gname);
		zoo_check_xattrs(m, want);
	}
	assert_int_equal(m->rdev_major, want->rdev_major);
	assert_int_equal(m->rdev_minor, want->rdev_minor);
	if (want->type == ARC_FILE)
		assert_int_equal(m->size, want->size);
	zoo_check_times(m, want, can);
	assert_int_equal(m->sparse, want->sparse && (can & ARC_CAN_SPARSE) != 0);
	if (m->sparse) {
		assert_int_equal(m->n_ranges, want->n_ranges);
		for (size_t r = 0; r < m->n_ranges; r++) {
			assert_int_equal(m->ranges[r].off, want->ranges[r].off);
			assert_int_equal(m->ranges[r].len, want->ranges[r].len);
		}
	}
	assert_null(m->warning);
	assert_false(m->lost_acl || m->encrypted || m->has_flags);
}

/* Read the content of member I, and compare it. */
static inline void
zoo_check_content(const struct arc_module *module, struct arc_reader *r, size_t i)
{
	const char *bytes;
	int64_t off, at = 0;
	size_t n;

	do {
		assert_false(err_failed(module->reading->data(r, (const void **)&bytes, &n, &off)));
		for (; at < off; at++)
			assert_int_equal(zoo_byte(i, at), 0);
		for (size_t k = 0; k < n; k++, at++)
			assert_int_equal(zoo_byte(i, at), bytes[k]);
	} while (n > 0);
	assert_int_equal(at, zoo[i].size);
}

/* The member NAME, expected to be I; a 7z has those without content at its end. */
static inline size_t
zoo_find(struct arc_name name, size_t i, enum arc_format format)
{
	for (size_t k = 0; format == ARC_7ZIP && k < ZOO; k++) {
		if (zoo_fits(k, format) && strcmp(zoo[k].name.bytes, name.bytes) == 0)
			return k;
	}
	return i;
}

/* Check that FEED has the zoo in FORMAT and FILTER. */
static inline void
zoo_check(const struct arc_module *module, struct arc_feed *feed, enum arc_format format,
    enum arc_filter filter)
{
	const struct arc_reading *ops = module->reading;
	struct arc_reader *r = ops->make(feed, &(struct arc_read_options){ 0 });
	const struct arc_member *m;

	assert_non_null(r);
	for (size_t i = 0; i < ZOO; i++) {
		if (!zoo_fits(i, format))
			continue;
		struct err e = ops->next(r, &m);
		if (err_failed(e) || m == NULL)
			fail_msg("%s in %s: %s %s", zoo[i].name.bytes, arc_format_name(format),
			    err_code_name(e), ops->said(r));
		size_t which = zoo_find(m->name, i, format);
		zoo_check_member(m, which, format);
		if (m->type == ARC_FILE)
			zoo_check_content(module, r, which);
	}
	assert_false(err_failed(ops->next(r, &m)));
	assert_null(m);
	assert_true(ops->is_over(r));
	assert_int_equal(ops->filter(r), filter);
	ops->drop(r);
}

#endif
