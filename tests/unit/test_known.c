/* SPDX-License-Identifier: BSD-2-Clause */
/* run/known: a file is known if all is as it was, and by nothing less. */
#include "run/known.h"
#include "tree/manifest.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* clang-format on */

enum { MANY = 1000 };

static char path[] = "/tmp/test_known.XXXXXX";

/* Entry I of the manifest. */
static struct manifest_entry
entry(unsigned i, char name[static 16])
{
	struct manifest_entry e = {
		.type = 'f',
		.hashed = true,
		.identified = i % 10 != 9,
		.mode = 0644,
		.size = i,
		.mtime = { 1000 + i, 5 },
		.ctime = { 2000 + i, 6 },
		.ino = 1 + i / 2,
		.name = name,
	};

	e.name_len = (size_t)snprintf(name, 16, "d/%06u", i);
	memset(e.digests[0], (int)(i & 0xff), 8);
	memset(e.digests[1], (int)(i >> 8) + 1, 16);
	return e;
}

/* Write the manifest, its last byte but CUT. */
static void
write_manifest(size_t cut)
{
	struct manifest_algos algos = {
		.inodes = true,
		.n = 2,
		.names = { "xxh64", "xxh128" },
		.sizes = { 8, 16 },
	};
	struct str s = STR_INIT;
	struct manifest_writer *w = manifest_writer_new(&algos, &s);

	assert_non_null(w);
	for (unsigned i = 0; i < MANY; i++) {
		char name[16];
		struct manifest_entry e = entry(i, name);
		size_t at = s.len;

		manifest_add_entry(&s, &algos, &e);
		manifest_writer_line(w, s.buf + at, s.len - at);
	}
	manifest_writer_end(w, &s);
	manifest_writer_free(w);
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, s.buf, s.len - cut), s.len - cut);
	close(fd);
	str_release(&s);
}

/* The attributes of entry I. */
static struct stat
attributes(unsigned i)
{
	char name[16];
	struct manifest_entry e = entry(i, name);

	return (struct stat){
		.st_mode = S_IFREG | 0644,
		.st_size = e.size,
		.st_mtim = e.mtime,
		.st_ctim = e.ctime,
		.st_ino = e.ino,
	};
}

/* Whether K knows NAME with ST. */
static bool
finds(const struct known *k, const char *name, struct stat st, struct hashing *h)
{
	struct str s = STR_INIT;

	str_adds(&s, name);
	bool found = known_find(k, &s, &st, h);
	str_release(&s);
	return found;
}

/* The algorithms that LIST names, which are in the program itself. */
static struct hash_algos
algos_of(const char *list)
{
	struct hash_algos algos;
	const char *culprit;
	const char *why;

	assert_false(err_failed(hash_algos_find(list, &algos, &culprit, &why)));
	return algos;
}

static void
test_what_is_as_it_was_is_known(void **state)
{
	struct hash_algos algos = algos_of("xxh128");
	struct str why = STR_INIT;
	struct hashing h;
	struct known *k;

	(void)state;
	write_manifest(0);
	assert_false(err_failed(hashing_init(&h, &algos)));
	assert_false(err_failed(known_load(path, &algos, &k, &why)));
	assert_non_null(k);
	for (unsigned i = 0; i < MANY; i++) {
		unsigned char digest[DIGEST_MAX];
		char name[16];
		struct manifest_entry e = entry(i, name);

		assert_int_equal(finds(k, name, attributes(i), &h), e.identified);
		if (!e.identified)
			continue;
		hashing_get(&h, 0, digest);
		assert_memory_equal(digest, e.digests[1], 16);
	}
	known_free(k);
	hashing_release(&h);
	str_release(&why);
}

static void
test_what_differs_in_anything_is_not(void **state)
{
	struct hash_algos algos = algos_of("xxh64,xxh128");
	struct str why = STR_INIT;
	struct hashing h;
	struct known *k;
	struct stat st = attributes(8);

	(void)state;
	write_manifest(0);
	assert_false(err_failed(hashing_init(&h, &algos)));
	assert_false(err_failed(known_load(path, &algos, &k, &why)));
	assert_true(finds(k, "d/000008", st, &h));
	assert_false(finds(k, "d/00000", st, &h));
	assert_false(finds(k, "", st, &h));
	st.st_size++;
	assert_false(finds(k, "d/000008", st, &h));
	st = attributes(8);
	st.st_ino++;
	assert_false(finds(k, "d/000008", st, &h));
	st = attributes(8);
	st.st_mtim.tv_sec--;
	assert_false(finds(k, "d/000008", st, &h));
	st = attributes(8);
	st.st_mtim.tv_nsec--;
	assert_false(finds(k, "d/000008", st, &h));
	st = attributes(8);
	st.st_ctim.tv_sec++;
	assert_false(finds(k, "d/000008", st, &h));
	st = attributes(8);
	st.st_ctim.tv_nsec++;
	assert_false(finds(k, "d/000008", st, &h));
	known_free(k);
	hashing_release(&h);
	str_release(&why);
}

static void
test_nothing_is_known_from_nothing(void **state)
{
	struct hash_algos algos = algos_of("xxh128");
	struct str why = STR_INIT;
	struct known *k;

	(void)state;
	assert_false(err_failed(known_load("/nonexistent/file", &algos, &k, &why)));
	assert_null(k);
	str_release(&why);
}

static void
test_damage_is_told(void **state)
{
	struct hash_algos algos = algos_of("xxh128");
	struct str why = STR_INIT;
	struct known *k;

	(void)state;
	write_manifest(1);
	assert_int_equal(known_load(path, &algos, &k, &why).code, EBADMSG);
	assert_null(k);
	assert_string_equal(why.buf, "the manifest is damaged at line 1002: cut off");
	str_release(&why);
}

static int
make_file(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_as_it_was_is_known),
		cmocka_unit_test(test_what_differs_in_anything_is_not),
		cmocka_unit_test(test_nothing_is_known_from_nothing),
		cmocka_unit_test(test_damage_is_told),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
