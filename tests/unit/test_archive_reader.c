/* SPDX-License-Identifier: BSD-2-Clause */
/* archive/reader: what was written comes back; what is damaged is told, without harm. */
/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

#include "arc_zoo.h"

#include <errno.h>
#include <time.h>

static const struct arc_module *module;

static int
prepare(void **state)
{
	(void)state;
	module = built_module();
	return module != NULL ? 0 : -1;
}

/* What became of reading an archive. */
struct verdict {
	size_t members;  /* seen */
	size_t failures; /* of members */
	struct err last; /* what ended it */
};

/* What every byte is added to, so that it is looked at. */
static volatile unsigned sum;

/* Read all of FEED: every header and block, as the sanitizers watch. */
static struct verdict
read_all(struct arc_feed *feed, const struct arc_read_options *options)
{
	const struct arc_reading *ops = module->reading;
	struct arc_reader *r = ops->make(feed, options);
	struct verdict v = { .last = ERR_OK };
	const struct arc_member *m;

	assert_non_null(r);
	for (;;) {
		struct err e = ops->next(r, &m);
		if (err_failed(e))
			v.failures++;
		if (m == NULL && ops->is_over(r)) {
			v.last = e;
			break;
		}
		if (m == NULL) {
			assert_true(v.failures < 100000);
			continue;
		}
		v.members++;
		for (size_t i = 0; i < m->name.len; i++)
			sum += (unsigned char)m->name.bytes[i];
		for (size_t i = 0; i < m->n_xattrs; i++) {
			for (size_t b = 0; b < m->xattrs[i].len; b++)
				sum += ((const unsigned char *)m->xattrs[i].value)[b];
		}
		if (v.members % 3 == 0)
			continue; /* left out */
		const unsigned char *bytes;
		size_t n;
		int64_t off, end = 0;
		do {
			e = ops->data(r, (const void **)&bytes, &n, &off);
			if (err_failed(e)) {
				v.failures++;
				break;
			}
			assert_true(off >= end);
			end = off + (int64_t)n;
			for (size_t i = 0; i < n; i++)
				sum += bytes[i];
		} while (n > 0);
	}
	/* Once over, it stays over, with the same result. */
	assert_int_equal(ops->next(r, &m).code, v.last.code);
	assert_null(m);
	assert_true(strlen(ops->said(r)) < ARC_TEXT);
	ops->drop(r);
	return v;
}

static struct verdict
read_bytes(const char *bytes, size_t len, size_t block, bool seeks)
{
	struct mem_feed f = mem_feed(bytes, len, block, seeks);
	struct verdict v = read_all(&f.feed, &(struct arc_read_options){ 0 });

	mem_feed_release(&f);
	return v;
}

/* A way to write the zoo. */
struct way {
	enum arc_format format;
	enum arc_filter filter;
};

static const struct way ways[] = {
	{ ARC_PAX, ARC_PLAIN },
	{ ARC_GNUTAR, ARC_PLAIN },
	{ ARC_CPIO, ARC_PLAIN },
	{ ARC_ZIP, ARC_PLAIN },
	{ ARC_7ZIP, ARC_PLAIN },
	{ ARC_PAX, ARC_GZIP },
	{ ARC_PAX, ARC_ZSTD },
	{ ARC_USTAR, ARC_XZ },
	{ ARC_CPIO, ARC_BZIP2 },
	{ ARC_GNUTAR, ARC_LZ4 },
};

enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

static void
what_was_written_comes_back(void **state)
{
	(void)state;
	for (size_t w = 0; w < WAYS; w++) {
		for (size_t block = 1; block <= 1 << 20; block <<= 10) {
			struct mem_drain d = zoo_archive(module, ways[w].format, ways[w].filter);
			struct mem_feed f = mem_feed(d.bytes, d.len, block, true);
			zoo_check(module, &f.feed, ways[w].format, ways[w].filter);
			mem_feed_release(&f);
			if (ways[w].format != ARC_7ZIP && ways[w].format != ARC_ZIP) {
				f = mem_feed(d.bytes, d.len, block, false);
				zoo_check(module, &f.feed, ways[w].format, ways[w].filter);
				mem_feed_release(&f);
			}
			free(d.bytes);
		}
	}
}

static double
seconds(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* An archive is read within 5 s, whatever is in it. */
static struct verdict
read_in_time(const char *bytes, size_t len, bool seeks)
{
	double begin = seconds();
	struct verdict v = read_bytes(bytes, len, 4096, seeks);

	assert_true(seconds() - begin < 5);
	return v;
}

static void
an_archive_cut_short_is_damaged(void **state)
{
	(void)state;
	for (size_t w = 0; w < WAYS; w++) {
		struct mem_drain d = zoo_archive(module, ways[w].format, ways[w].filter);
		/* Behind the end marker of a tar nothing is missing. */
		size_t slack = ways[w].filter == ARC_PLAIN && ways[w].format != ARC_CPIO ? 1024 : 1;
		for (size_t len = 0; len + slack < d.len; len += 512) {
			bool seeks = len / 512 % 2 == 0;
			struct verdict v = read_in_time(d.bytes, len, seeks);
			/* What follows the last member of a cpio is padding. */
			if (ways[w].format == ARC_CPIO && d.len - len <= 1024)
				continue;
			/* Without seeking, a zip ends where its directory begins. */
			if (ways[w].format == ARC_ZIP && !seeks)
				continue;
			if (v.failures == 0)
				fail_msg("format %d, filter %d, cut at %zu of %zu: not noticed",
				    ways[w].format, ways[w].filter, len, d.len);
		}
		free(d.bytes);
	}
}

static void
flipped_bits_do_no_harm(void **state)
{
	unsigned random = 12345;

	(void)state;
	for (size_t w = 0; w < WAYS; w++) {
		struct mem_drain d = zoo_archive(module, ways[w].format, ways[w].filter);
		size_t noticed = 0;
		for (int i = 0; i < FLIPS; i++) {
			random = random * 1103515245 + 12345;
			size_t at = (random >> 8) % d.len;
			d.bytes[at] = (char)(d.bytes[at] ^ 1 << (random & 7));
			struct verdict v = read_in_time(d.bytes, d.len, i % 2 == 0);
			noticed += v.failures > 0;
			d.bytes[at] = (char)(d.bytes[at] ^ 1 << (random & 7));
		}
		/* gzip has a sum of all of it, and zlib compares it. */
		if (ways[w].filter == ARC_GZIP)
			assert_true(noticed > FLIPS * 9 / 10);
		free(d.bytes);
	}
}

static void
a_failure_of_the_feed_comes_through(void **state)
{
	(void)state;
	for (size_t w = 0; w < WAYS; w++) {
		struct mem_drain d = zoo_archive(module, ways[w].format, ways[w].filter);
		struct mem_feed f = mem_feed(d.bytes, d.len / 2, 1000, false);
		f.failing = ECANCELED;
		struct verdict v = read_all(&f.feed, &(struct arc_read_options){ 0 });
		assert_int_equal(v.last.code, ways[w].format == ARC_7ZIP ? ESPIPE : ECANCELED);
		mem_feed_release(&f);
		free(d.bytes);
	}
}

static void
what_is_no_archive_is_told_apart(void **state)
{
	static const char text[] = "This is a letter, and no archive at all.\n";
	struct verdict v = read_bytes(text, sizeof(text) - 1, 4096, false);

	(void)state;
	assert_int_equal(v.last.code, EINVAL);
	assert_false(arc_is_damage(v.last));
	v = read_bytes(text, 0, 4096, true);
	assert_true(arc_is_damage(v.last));
}

static void
a_tar_without_end_marker_may_be_allowed(void **state)
{
	struct mem_drain d = zoo_archive(module, ARC_PAX, ARC_PLAIN);
	struct mem_feed f = mem_feed(d.bytes, d.len - 1024, 4096, false);

	(void)state;
	struct verdict v = read_all(&f.feed, &(struct arc_read_options){ 0 });
	assert_true(arc_is_damage(v.last));
	assert_true(v.members > 5);
	mem_feed_release(&f);
	f = mem_feed(d.bytes, d.len - 1024, 4096, false);
	v = read_all(&f.feed, &(struct arc_read_options){ .unmarked_end_ok = true });
	assert_false(err_failed(v.last));
	mem_feed_release(&f);
	free(d.bytes);
}

/* A feed of a gigabyte of bytes that no header of cpio is. */
struct junk {
	struct arc_feed feed;
	int64_t left;
	char block[1 << 16];
};

static struct err
more_junk(struct arc_feed *feed, const void **bytes, size_t *n)
{
	struct junk *j = (struct junk *)feed;

	*n = j->left > 0 ? sizeof(j->block) : 0;
	*bytes = j->block;
	j->left -= (int64_t)sizeof(j->block);
	return ERR_OK;
}

static void
a_header_has_an_end(void **state)
{
	static struct junk j = { .feed = { .more = more_junk, .size = -1 }, .left = 1 << 30 };

	(void)state;
	memset(j.block, 'x', sizeof(j.block));
	memcpy(j.block, "070701", 6);
	double begin = seconds();
	struct verdict v = read_all(&j.feed, &(struct arc_read_options){ 0 });
	assert_true(err_failed(v.last));
	assert_true(seconds() - begin < 5);
	assert_true(j.left > 1 << 29);
}

/* A feed of the same member, many times over. */
struct many {
	struct arc_feed feed;
	struct mem_drain one; /* 512 bytes at 1024 of it are the header of a directory */
	int64_t left;
};

static struct err
more_members(struct arc_feed *feed, const void **bytes, size_t *n)
{
	static const char end[1024];
	struct many *m = (struct many *)feed;

	*bytes = m->left > 0 ? m->one.bytes + 1024 : end;
	*n = m->left > 0 ? 512 : m->left == 0 ? sizeof(end) : 0;
	m->left--;
	return ERR_OK;
}

static void
many_members_need_no_more_memory(void **state)
{
	enum { N = 20000 };
	struct many m = { .feed = { .more = more_members, .size = -1 }, .left = N };

	(void)state;
	m.one = zoo_archive(module, ARC_USTAR, ARC_PLAIN);
	struct verdict v = read_all(&m.feed, &(struct arc_read_options){ 0 });
	assert_false(err_failed(v.last));
	assert_int_equal(v.members, N);
	free(m.one.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_comes_back),
		cmocka_unit_test(an_archive_cut_short_is_damaged),
		cmocka_unit_test(flipped_bits_do_no_harm),
		cmocka_unit_test(a_failure_of_the_feed_comes_through),
		cmocka_unit_test(what_is_no_archive_is_told_apart),
		cmocka_unit_test(a_tar_without_end_marker_may_be_allowed),
		cmocka_unit_test(a_header_has_an_end),
		cmocka_unit_test(many_members_need_no_more_memory),
	};

	return skips_all() ? 0 : cmocka_run_group_tests(tests, prepare, NULL);
}
