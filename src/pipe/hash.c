/* SPDX-License-Identifier: BSD-2-Clause */
/* The tap that makes a digest of what passes. */
#include "pipe/tap.h"
#include "pipe/tapkinds.h"

/* The tap. */
struct hash {
	struct tap tap;
	const struct digest_algo *algo;
	struct digest *digest;
	int64_t bytes; /* digested so far */
	void (*told)(void *arg, const char *algo, const char *hex, int64_t bytes);
	void *arg;
};

static struct err
hash_feed(struct stage *s, struct span *span)
{
	struct hash *h = (struct hash *)s;

	h->algo->add(h->digest, span->bytes, span->len);
	h->bytes += (int64_t)span->len;
	return ERR_OK;
}

static struct err
hash_end(struct stage *s, bool whole)
{
	struct hash *h = (struct hash *)s;
	unsigned char bytes[DIGEST_MAX];
	char text[DIGEST_TEXT];

	if (!whole)
		return ERR_OK;
	h->algo->get(h->digest, bytes);
	h->told(h->arg, h->algo->name, digest_hex(bytes, h->algo->size, text), h->bytes);
	return ERR_OK;
}

static void
hash_free(struct stage *s)
{
	struct hash *h = (struct hash *)s;
	h->algo->drop(h->digest);
	tap_free(s);
}

static const struct stage_ops hash_ops = {
	.ports = tap_ports_stable,
	.start = stage_start_tap,
	.feed = hash_feed,
	.end = hash_end,
	.stop = stage_stop_nothing,
	.verdict = tap_verdict,
	.leader = stage_no_leader,
	.free = hash_free,
};

struct stage *
tap_hash_new(const struct digest_algo *algo,
    void (*told)(void *arg, const char *algo, const char *hex, int64_t bytes), void *arg)
{
	struct hash *h = tap_new(&hash_ops, sizeof(*h), "hash %s", algo->name);

	if (h == NULL)
		return NULL;
	h->algo = algo;
	h->told = told;
	h->arg = arg;
	h->digest = algo->make(algo);
	if (h->digest == NULL) {
		tap_free(&h->tap.stage);
		return NULL;
	}
	return &h->tap.stage;
}
