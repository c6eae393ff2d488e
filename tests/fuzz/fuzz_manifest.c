/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a manifest: refused, or read to the end and written again byte for byte.
 *
 * clang -g -fsanitize=fuzzer,address,undefined -std=gnu2x -include config.h -include base/banned.h -Isrc \
 *     tests/fuzz/fuzz_manifest.c libdecant.a -lxxhash -o fuzz_manifest
 */
#include "base/own.h"
#include "tree/manifest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

/* The entry point of libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Put TEXT, sealed, into a file: what only a right seal protects is parsed too. */
static int
sealed_file(const struct str *text)
{
	int fd = memfd_create("manifest", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text->buf, text->len) != (ssize_t)text->len)
		abort();
	return fd;
}

/* Read what is in FD; if it is a manifest, write it again into AGAIN. */
static bool
read_again(int fd, struct str *again)
{
	struct manifest_fault fault;
	struct manifest_entry e;
	struct manifest *m;

	if (err_failed(manifest_open(fd, &m, &fault)))
		return false;
	/* the sizes of the digests are known behind the first pass */
	struct err err;
	while (!err_failed(err = manifest_next(m, &e, &fault)) && e.name != NULL)
		continue;
	if (!err_failed(err))
		err = manifest_rewind(m, &fault);
	if (err_failed(err)) {
		manifest_free(m);
		return false;
	}
	struct manifest_writer *w = manifest_writer_new(manifest_algos(m), again);
	if (w == NULL)
		abort();
	while (!err_failed(err = manifest_next(m, &e, &fault)) && e.name != NULL) {
		size_t at = again->len;

		manifest_add_entry(again, manifest_algos(m), &e);
		manifest_writer_line(w, again->buf + at, again->len - at);
	}
	if (err_failed(err))
		abort();
	manifest_writer_end(w, again);
	manifest_writer_free(w);
	manifest_free(m);
	return true;
}

/* Append the end that TEXT deserves. */
static void
seal(struct str *text)
{
	XXH128_canonical_t hash;
	size_t lines = 0;

	for (size_t i = 0; i < text->len; i++)
		lines += text->buf[i] == '\n';
	XXH128_canonicalFromHash(&hash, XXH3_128bits(text->buf, text->len));
	str_addf(text, "end %zu xxh128:", lines > 0 ? lines - 1 : 0);
	for (size_t i = 0; i < sizeof hash; i++)
		str_addf(text, "%02x", hash.digest[i]);
	str_addc(text, '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int i = 0; i < 2; i++) {
		struct str text = STR_INIT;
		struct str again = STR_INIT;

		str_add(&text, data, size);
		if (i > 0)
			seal(&text);
		int fd = sealed_file(&text);
		if (read_again(fd, &again) &&
		    (again.len != text.len || memcmp(again.buf, text.buf, text.len) != 0))
			abort();
		close(fd);
		str_release(&text);
		str_release(&again);
	}
	return 0;
}
