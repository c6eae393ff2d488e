/* SPDX-License-Identifier: BSD-2-Clause */
/* Digests of files in passing. */
#include "run/hashing.h"

#include "base/own.h"

#include <errno.h>
#include <string.h>

struct err
hash_algos_find(const char *list, struct hash_algos *algos, const char **culprit, const char **why)
{
	static char name[32];

	*algos = (struct hash_algos){ 0 };
	*why = NULL;
	*culprit = name;
	for (const char *at = list;; at++) {
		size_t len = strcspn(at, ",");
		size_t kept = len < sizeof name ? len : sizeof name - 1;

		memcpy(name, at, kept);
		name[kept] = '\0';
		if (algos->n == HASH_MAX)
			return err_make(E2BIG, OP_OPEN, SIDE_NONE, -1);
		TRY(digest_find(name, &algos->algos[algos->n], why));
		for (size_t i = 0; i < algos->n; i++) {
			if (algos->algos[i] == algos->algos[algos->n])
				return err_make(EEXIST, OP_OPEN, SIDE_NONE, -1);
		}
		algos->n++;
		at += len;
		if (*at == '\0')
			return ERR_OK;
	}
}

void
hash_algos_default(struct hash_algos *algos)
{
	const char *why;

	*algos = (struct hash_algos){ .n = 1 };
	/* it is in the program itself */
	BUG_ON(err_failed(digest_find("xxh128", &algos->algos[0], &why)));
}

static void
begin(struct observer *o)
{
	struct hashing *h = (struct hashing *)(void *)o;

	h->bytes = 0;
	h->ended = false;
	for (size_t i = 0; i < h->algos->n; i++)
		h->algos->algos[i]->reset(h->digests[i]);
}

static void
see(struct observer *o, const void *bytes, size_t n)
{
	struct hashing *h = (struct hashing *)(void *)o;

	h->bytes += (int64_t)n;
	for (size_t i = 0; i < h->algos->n; i++)
		h->algos->algos[i]->add(h->digests[i], bytes, n);
}

struct err
hashing_init(struct hashing *h, const struct hash_algos *algos)
{
	*h = (struct hashing){
		.observer = { .begin = begin, .see = see },
		.algos = algos,
	};
	for (size_t i = 0; i < algos->n; i++) {
		h->digests[i] = algos->algos[i]->make(algos->algos[i]);
		if (h->digests[i] == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	}
	return ERR_OK;
}

void
hashing_release(struct hashing *h)
{
	for (size_t i = 0; h->algos != NULL && i < h->algos->n; i++)
		h->algos->algos[i]->drop(h->digests[i]);
	h->algos = NULL;
}

void
hashing_get(struct hashing *h, size_t i, unsigned char out[static DIGEST_MAX])
{
	for (size_t j = 0; !h->ended && j < h->algos->n; j++)
		h->algos->algos[j]->get(h->digests[j], h->done[j]);
	h->ended = true;
	memcpy(out, h->done[i], h->algos->algos[i]->size);
}

void
hashing_put(struct hashing *h, size_t i, const unsigned char *digest)
{
	h->bytes = 0;
	h->ended = true;
	memcpy(h->done[i], digest, h->algos->algos[i]->size);
}

void
hashing_text(struct hashing *h, struct str *s)
{
	for (size_t i = 0; i < h->algos->n; i++) {
		const struct digest_algo *algo = h->algos->algos[i];
		unsigned char digest[DIGEST_MAX];
		char hex[DIGEST_TEXT];

		hashing_get(h, i, digest);
		if (i > 0)
			str_addc(s, ',');
		str_adds(s, algo->name);
		str_addc(s, ':');
		str_adds(s, digest_hex(digest, algo->size, hex));
	}
}
