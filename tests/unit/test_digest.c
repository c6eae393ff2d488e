/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/digest: known digests, in whatever pieces the bytes come, and the module that may be missing. */
#include "pipe/digest.h"
#include "pipe/digestmodule.h"
#include "sys/module.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Where the next digest_find() looks for its module. */
static enum {
	IN_BUILD, /* where the build has left it */
	NOWHERE,  /* as the program itself looks, but for a file that is nowhere */
	OUTDATED, /* in a module of another version */
} module_place;

static const struct digest_module outdated = { .version = DIGEST_MODULE_VERSION + 1 };

struct err __real_module_load(
    const char *file, const char *symbol, const void **what, const char **why);
struct err __wrap_module_load(
    const char *file, const char *symbol, const void **what, const char **why);

/* The build leaves modules at its top, two above this program. */
struct err
__wrap_module_load(const char *file, const char *symbol, const void **what, const char **why)
{
	char path[PATH_MAX], program[PATH_MAX] = "";

	if (module_place == NOWHERE)
		return __real_module_load("nowhere.so", symbol, what, why);
	if (module_place == OUTDATED) {
		*what = &outdated;
		return ERR_OK;
	}
	assert_true(readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
	*strrchr(program, '/') = '\0';
	assert_true(snprintf(path, sizeof(path), "%s/../../%s", program, file) < PATH_MAX);
	return module_open(path, symbol, what, why);
}

static int
reset(void **state)
{
	(void)state;
	module_place = IN_BUILD;
	return 0;
}

static bool
is_own(const char *name)
{
	return strncmp(name, "xxh", 3) == 0;
}

/* Digests of nothing, of "abc", and of 100000 bytes, of which byte I is 7 * I + I / 256; made by xxhsum
 * -H2 and -H1, sha256sum, sha512sum, b2sum, sha1sum, md5sum. */
/* clang-format off */
static const struct {
	const char *name;
	const char *of_nothing, *of_abc, *of_many;
} vectors[] = {
	{ "xxh128",
	    "99aa06d3014798d86001c324468d497f",
	    "06b05ab6733a618578af5f94892f3950",
	    "4e53faeda1b5812bb25cea78018497ff" },
	{ "xxh64",
	    "ef46db3751d8e999",
	    "44bc2cf5ad770999",
	    "d88605c21700af94" },
	{ "sha256",
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	    "55af394c980c7a7fb68aa904c4afdd93d76e5f826487105fc06f92a25bab8cbe" },
	{ "sha512",
	    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
	    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	    "5c917cb5cb57ecad27bdd6bf4c102ccbbd4b07807a73850068774e4abe25a3e1"
	    "efc88656d51292a7c22a85b88ea703cee4838df4a07dd5e68b26f240f7090d4b" },
	{ "blake2b",
	    "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419"
	    "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce",
	    "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
	    "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
	    "057b0c61eefff4defa42c7b40ba080e3cde2ec51748fe92abe5e78000bebba0d"
	    "8bd016e33aece09d8827794d4bd1bc1f9b66e6045ae8a4176c21b95d80b86614" },
	{ "sha1",
	    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
	    "a9993e364706816aba3e25717850c26c9cd0d89d",
	    "557878b8118e7a9bdc75bcfc419f9b082ce073e6" },
	{ "md5",
	    "d41d8cd98f00b204e9800998ecf8427e",
	    "900150983cd24fb0d6963f7d28e17f72",
	    "2dc29e5babf440db9204914bcbe05fbf" },
};

/* clang-format on */

enum { VECTORS = sizeof(vectors) / sizeof(vectors[0]), MANY = 100000 };

static unsigned char many[MANY];

static void
fill_many(void)
{
	for (int i = 0; i < MANY; i++)
		many[i] = (unsigned char)(7 * i + i / 256);
}

static const struct digest_algo *
found(const char *name)
{
	const struct digest_algo *algo = NULL;
	const char *why = NULL;
	struct err e = digest_find(name, &algo, &why);

	if (err_failed(e))
		print_message("# %s: %s\n", name, why);
	assert_false(err_failed(e));
	assert_string_equal(algo->name, name);
	return algo;
}

/* D must be EXPECTED, and begin anew. */
static void
expect(const struct digest_algo *algo, struct digest *d, const char *expected)
{
	unsigned char bytes[DIGEST_MAX];
	char text[DIGEST_TEXT];

	algo->get(d, bytes);
	assert_string_equal(digest_hex(bytes, algo->size, text), expected);
	algo->reset(d);
}

static void
digests_are_as_others_make_them(void **state)
{
	/* Pieces about the sizes of what algorithms gather: 64, 128, 256 and 1024 bytes. */
	static const size_t pieces[] = { 1, 63, 64, 65, 127, 255, 257, 1023, 65536, MANY };
	(void)state;

	fill_many();
	for (size_t v = 0; v < VECTORS; v++) {
		if (!is_own(vectors[v].name) && !HAVE_CRYPTO_MODULE)
			continue;
		const struct digest_algo *algo = found(vectors[v].name);
		struct digest *d = algo->make(algo);
		assert_non_null(d);
		assert_int_equal(strlen(vectors[v].of_nothing), 2 * algo->size);
		expect(algo, d, vectors[v].of_nothing);
		algo->add(d, "abc", 3);
		expect(algo, d, vectors[v].of_abc);
		algo->add(d, "a", 1);
		algo->add(d, "", 0);
		algo->add(d, "bc", 2);
		expect(algo, d, vectors[v].of_abc);
		for (size_t p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++) {
			for (size_t at = 0, n; at < MANY; at += n) {
				n = MANY - at < pieces[p] ? MANY - at : pieces[p];
				algo->add(d, many + at, n);
			}
			expect(algo, d, vectors[v].of_many);
		}
		algo->drop(d);
		algo->drop(NULL);
	}
}

static void
digests_do_not_share_their_state(void **state)
{
	(void)state;
	for (size_t v = 0; v < VECTORS; v++) {
		if (!is_own(vectors[v].name) && !HAVE_CRYPTO_MODULE)
			continue;
		const struct digest_algo *algo = found(vectors[v].name);
		struct digest *a = algo->make(algo), *b = algo->make(algo);
		algo->add(a, "ab", 2);
		algo->add(b, "a", 1);
		algo->add(a, "c", 1);
		algo->add(b, "bc", 2);
		expect(algo, a, vectors[v].of_abc);
		expect(algo, b, vectors[v].of_abc);
		algo->drop(a);
		algo->drop(b);
	}
}

static void
names_that_nobody_knows_are_refused(void **state)
{
	static const char *const names[] = { "", "xxh", "XXH128", "sha", "sha256 ", "crypto",
		"/tmp/evil", "../sha256" };
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct digest_algo *algo = NULL;
		const char *why = "left alone";
		struct err e = digest_find(names[i], &algo, &why);
		assert_int_equal(e.code, EINVAL);
		assert_int_equal(e.op, OP_OPEN);
		assert_null(why);
		assert_null(algo);
	}
}

static void
all_names_are_listed(void **state)
{
	char *copy = strdup(digest_names());
	char *rest = copy;
	size_t n = 0;
	(void)state;

	for (char *name; (name = strsep(&rest, ",")) != NULL; n++)
		assert_string_equal(name + (n > 0), vectors[n].name);
	assert_int_equal(n, VECTORS);
	free(copy);
}

static void
a_missing_module_is_told(void **state)
{
	(void)state;
	module_place = NOWHERE;
	for (size_t v = 0; v < VECTORS; v++) {
		const struct digest_algo *algo = NULL;
		const char *why = NULL;
		struct err e = digest_find(vectors[v].name, &algo, &why);
		if (is_own(vectors[v].name)) {
			assert_false(err_failed(e));
			continue;
		}
		assert_int_equal(e.code, ENOENT);
		assert_int_equal(e.op, OP_OPEN);
		assert_non_null(strstr(why, HAVE_CRYPTO_MODULE ? "/nowhere.so" : "libcrypto"));
		assert_null(algo);
	}
}

static void
a_module_of_another_version_is_refused(void **state)
{
	const struct digest_algo *algo = NULL;
	const char *why = NULL;
	(void)state;

	if (!HAVE_CRYPTO_MODULE)
		skip();
	module_place = OUTDATED;
	assert_int_equal(digest_find("sha256", &algo, &why).code, ENOENT);
	assert_non_null(strstr(why, "another version"));
	assert_null(algo);
}

static void
hex_is_lower_case_and_ends(void **state)
{
	unsigned char bytes[DIGEST_MAX];
	char text[DIGEST_TEXT];
	(void)state;

	memset(bytes, 0xa5, sizeof(bytes));
	bytes[0] = 0x0f;
	assert_string_equal(digest_hex(bytes, 2, text), "0fa5");
	assert_string_equal(digest_hex(bytes, 0, text), "");
	assert_int_equal(strlen(digest_hex(bytes, DIGEST_MAX, text)), DIGEST_TEXT - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(digests_are_as_others_make_them, reset),
		cmocka_unit_test_setup(digests_do_not_share_their_state, reset),
		cmocka_unit_test_setup(names_that_nobody_knows_are_refused, reset),
		cmocka_unit_test_setup(all_names_are_listed, reset),
		cmocka_unit_test_setup(a_missing_module_is_told, reset),
		cmocka_unit_test_setup(a_module_of_another_version_is_refused, reset),
		cmocka_unit_test_setup(hex_is_lower_case_and_ends, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
