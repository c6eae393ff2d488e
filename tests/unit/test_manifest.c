/* SPDX-License-Identifier: BSD-2-Clause */
/* tree/manifest: what was written is read; what was cut, flipped or made up is refused. */
#include "tree/manifest.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>
#include <cmocka.h>

/* clang-format on */

static const struct manifest_algos two = {
	.inodes = true,
	.n = 2,
	.names = { "xxh64", "sha256" },
	.sizes = { 8, 32 },
};

/* Entries of every type, with names that are hard to write, in tree order. */
static const struct manifest_entry sample[] = {
	{ .type = 'd', .mode = 0755, .mtime = { -2, 500000000 }, .name = "." },
	{ .type = 'f',
	    .hashed = true,
	    .mode = 04755,
	    .uid = 4294967294U,
	    .size = INT64_MAX,
	    .mtime = { 1700000000, 1 },
	    .identified = true,
	    .ino = UINT64_MAX,
	    .ctime = { -1700000001, 999999999 },
	    .name = "\x01 \\\n\r\t\x7f" },
	{ .type = 'f', .mode = 0, .name = "\xc3\xa9t\xc3\xa9" },
	{ .type = 'd', .mode = 01777, .name = "a" },
	{ .type = 'l', .mode = 0777, .target = " -\n/..", .name = "a/link" },
	{ .type = 'l', .mode = 0777, .target = "-", .name = "a/link2" },
	{ .type = 'b', .mode = 0600, .major = 8, .minor = 4294967295U, .name = "a.b" },
	{ .type = 'c', .mode = 0666, .major = 1, .minor = 3, .name = "b" },
	{ .type = 'p', .mode = 0644, .name = "p" },
	{ .type = 's', .mode = 0644, .name = "s" },
	{ .type = 'f', .hashed = true, .mode = 0644, .name = "\xc2\x85\xc2\xa0\xff" },
};

enum { SAMPLE = sizeof sample / sizeof sample[0] };

/* Entry I of the sample, with its lengths and a digest. */
static struct manifest_entry
entry(size_t i)
{
	struct manifest_entry e = sample[i];

	e.name_len = strlen(e.name);
	e.target_len = e.target != NULL ? strlen(e.target) : 0;
	if (e.hashed)
		memset(e.digests[0], 0xa5, two.sizes[0]);
	if (e.hashed)
		memset(e.digests[1], 0x0f, two.sizes[1]);
	return e;
}

/* The sample in the order of its names. */
static size_t order[SAMPLE];

static int
by_name(const void *a, const void *b)
{
	struct manifest_entry x = entry(*(const size_t *)a);
	struct manifest_entry y = entry(*(const size_t *)b);

	return manifest_order(x.name, x.name_len, y.name, y.name_len);
}

static int
sort_sample(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLE; i++)
		order[i] = i;
	qsort(order, SAMPLE, sizeof order[0], by_name);
	return 0;
}

/* A manifest of the sample. */
static void
write_sample(struct str *s)
{
	struct manifest_writer *w = manifest_writer_new(&two, s);

	assert_non_null(w);
	for (size_t i = 0; i < SAMPLE; i++) {
		struct manifest_entry e = entry(order[i]);
		size_t at = s->len;

		manifest_add_entry(s, &two, &e);
		manifest_writer_line(w, s->buf + at, s->len - at);
	}
	manifest_writer_end(w, s);
	manifest_writer_free(w);
	assert_false(err_failed(str_check(s)));
}

/* Append the end that TEXT, of ENTRIES entries, deserves. */
static void
add_seal(struct str *text, unsigned entries)
{
	XXH128_canonical_t hash;

	XXH128_canonicalFromHash(&hash, XXH3_128bits(text->buf, text->len));
	str_addf(text, "end %u xxh128:", entries);
	for (size_t i = 0; i < sizeof hash; i++)
		str_addf(text, "%02x", hash.digest[i]);
	str_addc(text, '\n');
}

/* Read TEXT[len] as a manifest, to its end. */
static struct err
read_all(const char *text, size_t len, int64_t *n, struct manifest_fault *fault)
{
	int fd = memfd_create("manifest", MFD_CLOEXEC);
	struct manifest_entry e = { 0 };
	struct manifest *m = NULL;

	assert_int_equal(write(fd, text, len), len);
	*n = 0;
	struct err err = manifest_open(fd, &m, fault);
	while (!err_failed(err)) {
		err = manifest_next(m, &e, fault);
		if (err_failed(err) || e.name == NULL)
			break;
		++*n;
	}
	if (!err_failed(err)) {
		assert_int_equal(*n, manifest_count(m));
		assert_false(err_failed(manifest_rewind(m, fault)));
		assert_false(err_failed(manifest_next(m, &e, fault)));
	}
	if (m != NULL)
		manifest_free(m);
	close(fd);
	return err;
}

static void
test_what_is_written_is_read(void **state)
{
	struct str s = STR_INIT;
	int fd = memfd_create("manifest", MFD_CLOEXEC);
	struct manifest_fault fault;
	struct manifest *m;
	struct manifest_entry got;

	(void)state;
	write_sample(&s);
	assert_true(utf8_is_valid(s.buf, s.len));
	assert_int_equal(write(fd, s.buf, s.len), s.len);
	assert_false(err_failed(manifest_open(fd, &m, &fault)));
	assert_int_equal(manifest_count(m), SAMPLE);
	for (size_t i = 0; i < SAMPLE; i++) {
		struct manifest_entry e = entry(order[i]);

		assert_false(err_failed(manifest_next(m, &got, &fault)));
		assert_string_equal(got.name, e.name);
		assert_int_equal(got.name_len, e.name_len);
		assert_int_equal(got.type, e.type);
		assert_int_equal(got.hashed, e.hashed);
		assert_int_equal(got.mode, e.mode);
		assert_int_equal(got.uid, e.uid);
		assert_int_equal(got.gid, e.gid);
		assert_int_equal(got.size, e.size);
		assert_int_equal(got.major, e.major);
		assert_int_equal(got.minor, e.minor);
		assert_int_equal(got.mtime.tv_sec, e.mtime.tv_sec);
		assert_int_equal(got.mtime.tv_nsec, e.mtime.tv_nsec);
		assert_int_equal(got.identified, e.identified);
		assert_true(got.ino == e.ino);
		assert_int_equal(got.ctime.tv_sec, e.ctime.tv_sec);
		assert_int_equal(got.ctime.tv_nsec, e.ctime.tv_nsec);
		assert_int_equal(got.target != NULL, e.target != NULL);
		if (e.target != NULL)
			assert_string_equal(got.target, e.target);
		assert_memory_equal(got.digests, e.digests, sizeof e.digests);
	}
	assert_false(err_failed(manifest_next(m, &got, &fault)));
	assert_null(got.name);
	assert_false(err_failed(manifest_next(m, &got, &fault)));
	assert_null(got.name);
	assert_int_equal(manifest_algos(m)->n, 2);
	assert_int_equal(manifest_algos(m)->sizes[1], 32);
	manifest_free(m);
	close(fd);
	str_release(&s);
}

static void
test_a_cut_at_every_byte_is_damage(void **state)
{
	struct str s = STR_INIT;
	struct manifest_fault fault;
	int64_t n;

	(void)state;
	write_sample(&s);
	for (size_t len = 0; len < s.len; len++) {
		struct err err = read_all(s.buf, len, &n, &fault);

		assert_int_equal(err.code, EBADMSG);
		assert_non_null(fault.why);
		assert_int_equal(n, 0);
	}
	str_release(&s);
}

static void
test_a_flip_of_every_bit_is_damage(void **state)
{
	struct str s = STR_INIT;
	struct manifest_fault fault;
	int64_t n;

	(void)state;
	write_sample(&s);
	assert_false(err_failed(read_all(s.buf, s.len, &n, &fault)));
	for (size_t i = 0; i < 8 * s.len; i++) {
		s.buf[i / 8] ^= (char)(1 << i % 8);
		assert_int_equal(read_all(s.buf, s.len, &n, &fault).code, EBADMSG);
		assert_int_equal(n, 0);
		s.buf[i / 8] ^= (char)(1 << i % 8);
	}
	str_release(&s);
}

static void
test_anything_behind_the_end_is_damage(void **state)
{
	struct str s = STR_INIT;
	struct manifest_fault fault;
	int64_t n;

	(void)state;
	write_sample(&s);
	str_addc(&s, '\n');
	assert_int_equal(read_all(s.buf, s.len, &n, &fault).code, EBADMSG);
	assert_string_equal(fault.why, "more than the manifest");
	assert_int_equal(fault.line, SAMPLE + 3);
	str_release(&s);
}

#define HEAD  "decant-manifest 1 xxh64\n"
#define INO   "decant-manifest 1 - inodes\n"
#define FILE_ "f 0123456789abcdef 5 0644 0 0 1.000000000 - "

/* Whoever writes a seal himself is still held to the grammar. */
static void
test_the_grammar_is_kept_to_the_letter(void **state)
{
	static const struct {
		const char *text;
		unsigned entries;
		int64_t line; /* 0 = it is right */
	} rows[] = {
		{ HEAD, 0, 0 },
		{ HEAD FILE_ "a\n", 1, 0 },
		{ HEAD FILE_ "a\n" FILE_ "a/b\n", 2, 3 },
		{ HEAD FILE_ "a\n" FILE_ "a.b\n" FILE_ "aa\n", 3, 0 },
		{ HEAD FILE_ "b\n" FILE_ "a\n", 2, 3 },
		{ HEAD FILE_ "a\n" FILE_ "a\n", 2, 3 },
		{ HEAD FILE_ "a\n", 2, 3 },
		{ HEAD FILE_ "a/b\n", 1, 0 },
		{ HEAD FILE_ ".\n", 1, 2 },
		{ HEAD FILE_ "\n", 1, 2 },
		{ HEAD FILE_ "/a\n", 1, 2 },
		{ HEAD FILE_ "a/\n", 1, 2 },
		{ HEAD FILE_ "a//b\n", 1, 2 },
		{ HEAD FILE_ "a/../b\n", 1, 2 },
		{ HEAD FILE_ "./b\n", 1, 2 },
		{ HEAD FILE_ "..\n", 1, 2 },
		{ HEAD FILE_ "a b\n", 1, 2 },
		{ HEAD FILE_ "a\\x20b\n", 1, 0 },
		{ HEAD FILE_ "a\\x41b\n", 1, 2 },
		{ HEAD FILE_ "a\\x00b\n", 1, 2 },
		{ HEAD FILE_ "a\\xC0b\n", 1, 2 },
		{ HEAD FILE_ "a\\xc0b\n", 1, 0 },
		{ HEAD FILE_ "a\\xc3\\xa9b\n", 1, 2 },
		{ HEAD FILE_ "a\\\n", 1, 2 },
		{ HEAD FILE_ "a\\x2\n", 1, 2 },
		{ HEAD FILE_ "a\xff\n", 1, 2 },
		{ HEAD "f - 5 0644 0 0 1.000000000 - a\n", 1, 0 },
		{ HEAD "x - 5 0644 0 0 1.000000000 - a\n", 1, 2 },
		{ HEAD "f  5 0644 0 0 1.000000000 - a\n", 1, 2 },
		{ HEAD "f 012 5 0644 0 0 1.000000000 - a\n", 1, 2 },
		{ HEAD "f 01,02 5 0644 0 0 1.000000000 - a\n", 1, 2 },
		{ HEAD "f 0G 5 0644 0 0 1.000000000 - a\n", 1, 2 },
		{ HEAD "f 01 5 0644 0 0 1.000000000 - a\nf 0102 5 0644 0 0 1.000000000 - b\n", 2,
		    3 },
		{ HEAD "d 01 - 0755 0 0 1.000000000 - a\n", 1, 2 },
		{ HEAD "d - - 0755 0 0 1.000000000 - .\n", 1, 0 },
		{ HEAD "d - 4096 0755 0 0 1.000000000 - a\n", 1, 2 },
		{ HEAD "f - 05 0644 0 0 1.000000000 - a\n", 1, 2 },
		{ HEAD "f - -5 0644 0 0 1.000000000 - a\n", 1, 2 },
		{ HEAD "f - 9223372036854775807 0644 0 0 1.000000000 - a\n", 1, 0 },
		{ HEAD "f - 9223372036854775808 0644 0 0 1.000000000 - a\n", 1, 2 },
		{ HEAD "f - 5 644 0 0 1.000000000 - a\n", 1, 2 },
		{ HEAD "f - 5 0844 0 0 1.000000000 - a\n", 1, 2 },
		{ HEAD "f - 5 0644 4294967296 0 1.000000000 - a\n", 1, 2 },
		{ HEAD "f - 5 0644 0 +1 1.000000000 - a\n", 1, 2 },
		{ HEAD "f - 5 0644 0 0 -1.000000000 - a\n", 1, 0 },
		{ HEAD "f - 5 0644 0 0 -0.000000000 - a\n", 1, 2 },
		{ HEAD "f - 5 0644 0 0 1.00000000 - a\n", 1, 2 },
		{ HEAD "f - 5 0644 0 0 1 - a\n", 1, 2 },
		{ HEAD "f - 5 0644 0 0 1.000000000 x a\n", 1, 2 },
		{ HEAD "l - - 0777 0 0 1.000000000 x a\n", 1, 0 },
		{ HEAD "l - - 0777 0 0 1.000000000  a\n", 1, 2 },
		{ HEAD "c - - 0666 0 0 1.000000000 1:3 a\n", 1, 0 },
		{ HEAD "c - - 0666 0 0 1.000000000 1 a\n", 1, 2 },
		{ HEAD "f - 5 0644 0 0 1.000000000 a\n", 1, 2 },
		{ HEAD "f - 5 0644 0 0 1.000000000 - a\n\n", 2, 3 },
		{ "decant-manifest 1 -\nf - 5 0644 0 0 1.000000000 - a\n", 1, 0 },
		{ "decant-manifest 1 -\nf 01 5 0644 0 0 1.000000000 - a\n", 1, 2 },
		{ INO "f - 5 0644 0 0 1.000000000 7:2.000000000 - a\n", 1, 0 },
		{ INO "f - 5 0644 0 0 1.000000000 - - a\n", 1, 0 },
		{ INO "f - 5 0644 0 0 1.000000000 - a\n", 1, 2 },
		{ INO "f - 5 0644 0 0 1.000000000 7 - a\n", 1, 2 },
		{ INO "f - 5 0644 0 0 1.000000000 7: - a\n", 1, 2 },
		{ INO "f - 5 0644 0 0 1.000000000 :2.000000000 - a\n", 1, 2 },
		{ INO "f - 5 0644 0 0 1.000000000 07:2.000000000 - a\n", 1, 2 },
		{ INO "f - 5 0644 0 0 1.000000000 7:2.00000000 - a\n", 1, 2 },
		{ INO "f - 5 0644 0 0 1.000000000 18446744073709551615:2.000000000 - a\n", 1, 0 },
		{ INO "f - 5 0644 0 0 1.000000000 18446744073709551616:2.000000000 - a\n", 1, 2 },
		{ INO "d - - 0755 0 0 1.000000000 - - a\n", 1, 0 },
		{ INO "d - - 0755 0 0 1.000000000 7:2.000000000 - a\n", 1, 2 },
		{ INO "l - - 0777 0 0 1.000000000 - x a\n", 1, 0 },
		{ HEAD "f - 5 0644 0 0 1.000000000 7:2.000000000 - a\n", 1, 2 },
		{ "decant-manifest 1 - inode\n", 0, 1 },
		{ "decant-manifest 1 - inodes \n", 0, 1 },
		{ "decant-manifest 1 inodes\n", 0, 0 },
		{ "decant-manifest 1  inodes\n", 0, 1 },
		{ "decant-manifest 2 xxh64\n", 0, 1 },
		{ "decant-manifest 1 xxh64,\n", 0, 1 },
		{ "decant-manifest 1 xxh64,xxh64\n", 0, 1 },
		{ "decant-manifest 1 XXH64\n", 0, 1 },
		{ "decant-manifest 1 a,b,c,d,e\n", 0, 1 },
		{ "decant-manifest 1 abcdefghijklmnop\n", 0, 1 },
		{ "decant-manifest 1\n", 0, 1 },
		{ "something else\n", 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct manifest_fault fault = { 0 };
		struct str s = STR_INIT;
		int64_t n;

		str_adds(&s, rows[i].text);
		add_seal(&s, rows[i].entries);
		struct err err = read_all(s.buf, s.len, &n, &fault);
		if (err.code != (rows[i].line != 0 ? EBADMSG : 0) || fault.line != rows[i].line)
			fail_msg("%s: %d, line %lld: %s", s.buf, err.code, (long long)fault.line,
			    fault.why != NULL ? fault.why : "right");
		str_release(&s);
	}
}

static void
test_lines_longer_than_a_read_are_read(void **state)
{
	size_t len = 300000;
	char *name = malloc(len + 1);
	struct str s = STR_INIT;
	struct manifest_entry e = { .type = 'f', .name = name, .name_len = len };
	struct manifest_fault fault;
	int64_t n;

	(void)state;
	assert_non_null(name);
	memset(name, 'n', len);
	name[len] = '\0';
	struct manifest_writer *w = manifest_writer_new(&two, &s);
	assert_non_null(w);
	size_t at = s.len;
	manifest_add_entry(&s, &two, &e);
	manifest_writer_line(w, s.buf + at, s.len - at);
	manifest_writer_end(w, &s);
	manifest_writer_free(w);
	assert_false(err_failed(read_all(s.buf, s.len, &n, &fault)));
	assert_int_equal(n, 1);
	str_release(&s);
	free(name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_a_cut_at_every_byte_is_damage),
		cmocka_unit_test(test_a_flip_of_every_bit_is_damage),
		cmocka_unit_test(test_anything_behind_the_end_is_damage),
		cmocka_unit_test(test_the_grammar_is_kept_to_the_letter),
		cmocka_unit_test(test_lines_longer_than_a_read_are_read),
	};

	return cmocka_run_group_tests(tests, sort_sample, NULL);
}
