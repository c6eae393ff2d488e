/* SPDX-License-Identifier: BSD-2-Clause */
/* xxHash as digests, and the way to the module that has the others. */
#include "pipe/digest.h"

#include "base/own.h"
#include "pipe/digestmodule.h"
#include "sys/module.h"

#include <errno.h>

/* clang-format off */
#include <xxhash.h>
#ifdef HAVE_XXH_DISPATCH
/* Names of xxhash.h become those of functions that choose by the processor at run time. */
# include <xxh_x86dispatch.h>
#endif
/* clang-format on */

/* A digest by xxHash. */
struct digest {
	XXH3_state_t *xxh3;   /* of xxh128, else NULL */
	XXH64_state_t *xxh64; /* of xxh64, else NULL */
};

static void
xxh_drop(struct digest *d)
{
	if (d == NULL)
		return;
	(void)XXH3_freeState(d->xxh3);
	(void)XXH64_freeState(d->xxh64);
	free(d);
}

/* Resetting and adding fail only for a NULL state. */

static void
xxh128_reset(struct digest *d)
{
	(void)XXH3_128bits_reset(d->xxh3);
}

static struct digest *
xxh128_make(const struct digest_algo *algo)
{
	struct digest *d = calloc(1, sizeof(*d));

	(void)algo;
	if (d == NULL || (d->xxh3 = XXH3_createState()) == NULL) {
		free(d);
		return NULL;
	}
	xxh128_reset(d);
	return d;
}

static void
xxh128_add(struct digest *d, const void *bytes, size_t n)
{
	(void)XXH3_128bits_update(d->xxh3, bytes, n);
}

static void
xxh128_get(struct digest *d, unsigned char *out)
{
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(d->xxh3));
	memcpy(out, canonical.digest, sizeof(canonical.digest));
}

static void
xxh64_reset(struct digest *d)
{
	(void)XXH64_reset(d->xxh64, 0);
}

static struct digest *
xxh64_make(const struct digest_algo *algo)
{
	struct digest *d = calloc(1, sizeof(*d));

	(void)algo;
	if (d == NULL || (d->xxh64 = XXH64_createState()) == NULL) {
		free(d);
		return NULL;
	}
	xxh64_reset(d);
	return d;
}

static void
xxh64_add(struct digest *d, const void *bytes, size_t n)
{
	(void)XXH64_update(d->xxh64, bytes, n);
}

static void
xxh64_get(struct digest *d, unsigned char *out)
{
	XXH64_canonical_t canonical;

	XXH64_canonicalFromHash(&canonical, XXH64_digest(d->xxh64));
	memcpy(out, canonical.digest, sizeof(canonical.digest));
}

/* The algorithms of the program itself. */
static const struct digest_algo own_algos[] = {
	{ "xxh128", 16, xxh128_make, xxh128_reset, xxh128_add, xxh128_get, xxh_drop },
	{ "xxh64", 8, xxh64_make, xxh64_reset, xxh64_add, xxh64_get, xxh_drop },
};

/* Those of the module. */
static const char *const module_names[] = { "sha256", "sha512", "blake2b", "sha1", "md5" };

const char *
digest_names(void)
{
	return "xxh128, xxh64, sha256, sha512, blake2b, sha1, md5";
}

static bool
module_knows(const char *name)
{
	for (size_t i = 0; i < sizeof(module_names) / sizeof(module_names[0]); i++) {
		if (strcmp(name, module_names[i]) == 0)
			return true;
	}
	return false;
}

static struct err
missing(const char **why, const char *words)
{
	*why = words;
	return err_make(ENOENT, OP_OPEN, SIDE_NONE, -1);
}

/* Find ALGO in the module, which stays loaded: it cannot be taken out from under its digests. */
static struct err
find_in_module(const char *name, const struct digest_algo **algo, const char **why)
{
	const void *found;

	if (!HAVE_CRYPTO_MODULE)
		return missing(why, "this decant was built without libcrypto");
	if (err_failed(module_load(DIGEST_MODULE_FILE, DIGEST_MODULE_SYMBOL, &found, why)))
		return missing(why, *why);
	const struct digest_module *module = found;
	if (module->version != DIGEST_MODULE_VERSION)
		return missing(why, DIGEST_MODULE_FILE " belongs to another version of decant");
	*algo = module->find(name);
	return *algo != NULL ? ERR_OK : missing(why, "libcrypto does not offer it here");
}

struct err
digest_find(const char *name, const struct digest_algo **algo, const char **why)
{
	*why = NULL;
	for (size_t i = 0; i < sizeof(own_algos) / sizeof(own_algos[0]); i++) {
		if (strcmp(name, own_algos[i].name) == 0) {
			*algo = &own_algos[i];
			return ERR_OK;
		}
	}
	if (!module_knows(name))
		return err_make(EINVAL, OP_OPEN, SIDE_NONE, -1);
	return find_in_module(name, algo, why);
}

const char *
digest_hex(const unsigned char *digest, size_t n, char text[static DIGEST_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	BUG_ON(n > DIGEST_MAX);
	for (size_t i = 0; i < n; i++) {
		text[2 * i] = digits[digest[i] >> 4];
		text[2 * i + 1] = digits[digest[i] & 15];
	}
	text[2 * n] = '\0';
	return text;
}
