/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The module of digests: libcrypto behind struct digest_algo.
 * A module because linking libcrypto would cost each start of the program 1.8 ms (DESIGN.md).
 */
#include "base/own.h"
#include "pipe/digestmodule.h"

#include <openssl/evp.h>

/* A digest by libcrypto. */
struct digest {
	EVP_MD *md;      /* fetched once: what the library does at each start is slow */
	EVP_MD_CTX *ctx; /* the digest being made */
};

/* One algorithm, and what libcrypto calls it. */
struct evp_algo {
	struct digest_algo algo; /* first: what others see */
	const char *evp_name;
};

/*
 * Nothing below can fail for want of memory or data once make() has started a first digest.  If it
 * fails all the same, no digest is better than a wrong one.
 */

static void
evp_reset(struct digest *d)
{
	BUG_ON(EVP_DigestInit_ex(d->ctx, d->md, NULL) != 1);
}

static void
evp_add(struct digest *d, const void *bytes, size_t n)
{
	BUG_ON(EVP_DigestUpdate(d->ctx, bytes, n) != 1);
}

static void
evp_get(struct digest *d, unsigned char *out)
{
	BUG_ON(EVP_DigestFinal_ex(d->ctx, out, NULL) != 1);
}

static void
evp_drop(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->ctx);
	EVP_MD_free(d->md);
	free(d);
}

static struct digest *
evp_make(const struct digest_algo *algo)
{
	const struct evp_algo *of = (const struct evp_algo *)algo;
	struct digest *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->md = EVP_MD_fetch(NULL, of->evp_name, NULL);
	d->ctx = EVP_MD_CTX_new();
	if (d->md == NULL || d->ctx == NULL || EVP_DigestInit_ex(d->ctx, d->md, NULL) != 1) {
		evp_drop(d);
		return NULL;
	}
	return d;
}

#define EVP(name, size, evp_name)                                                         \
	{                                                                                 \
		{ name, size, evp_make, evp_reset, evp_add, evp_get, evp_drop }, evp_name \
	}

static const struct evp_algo algos[] = {
	EVP("sha256", 32, "SHA2-256"),
	EVP("sha512", 64, "SHA2-512"),
	EVP("blake2b", 64, "BLAKE2B-512"), /* 512 bits, as b2sum */
	EVP("sha1", 20, "SHA1"),
	EVP("md5", 16, "MD5"),
};

static const struct digest_algo *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(algos) / sizeof(algos[0]); i++) {
		if (strcmp(name, algos[i].algo.name) != 0)
			continue;
		/* Asked, because a policy (FIPS 140) may forbid it. */
		EVP_MD *md = EVP_MD_fetch(NULL, algos[i].evp_name, NULL);
		EVP_MD_free(md);
		return md != NULL ? &algos[i].algo : NULL;
	}
	return NULL;
}

extern const struct digest_module decant_digest_module;

[[gnu::visibility("default")]] const struct digest_module decant_digest_module = {
	.version = DIGEST_MODULE_VERSION,
	.find = find,
};
