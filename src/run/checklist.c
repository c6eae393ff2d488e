/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists for hash -c: which names, which digests, by which algorithms. */
#include "run/checklist.h"

#include "base/own.h"
#include "run/sums.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/fs.h"
#include "sys/proc.h"
#include "tree/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	READ_SIZE = 256 << 10 /* bytes of one read; as a worker's buffer */
};

static bool
fails(struct checklist *l, struct err err, const char *why)
{
	l->fault = (struct checklist_fault){ err, why };
	return false;
}

/* The bit of algorithm NAME, which becomes one of the run's if OPTS leave that open; 0 = it is none. */
static unsigned
bit_of(struct checklist *l, const struct hash_opts *opts, const char *name)
{
	struct hash_algos *algos = l->algos;
	const struct digest_algo *algo;
	const char *why;

	for (size_t i = 0; i < algos->n; i++) {
		if (strcmp(algos->algos[i]->name, name) == 0)
			return 1U << i;
	}
	if (opts->hash_given || algos->n == HASH_MAX || err_failed(digest_find(name, &algo, &why)))
		return 0;
	algos->algos[algos->n] = algo;
	return 1U << algos->n++;
}

/* The algorithms that a digest of SIZE bytes without a tag may be by. */
static unsigned
bits_of_size(struct checklist *l, const struct hash_opts *opts, size_t size)
{
	static const struct {
		size_t size;
		const char *name;
	} by_size[] = {
		{ 8, "xxh64" },
		{ 16, "xxh128" },
		{ 20, "sha1" },
		{ 32, "sha256" },
		{ 64, "sha512" },
		{ 64, "blake2b" },
	};

	unsigned bits = 0;

	for (size_t i = 0; opts->hash_given && i < l->algos->n; i++)
		bits |= l->algos->algos[i]->size == size ? 1U << i : 0;
	for (size_t i = 0; !opts->hash_given && i < sizeof by_size / sizeof by_size[0]; i++)
		bits |= by_size[i].size == size ? bit_of(l, opts, by_size[i].name) : 0;
	return bits;
}

/* Room for one more name, zeroed; NULL = out of memory. */
static struct checked_name *
new_name(struct checklist *l)
{
	if (l->n == l->cap) {
		size_t cap = l->cap > 0 ? 2 * l->cap : 64;
		struct checked_name *names = reallocarray(l->names, cap, sizeof names[0]);

		if (names == NULL)
			return NULL;
		l->names = names;
		l->cap = cap;
	}
	l->names[l->n] = (struct checked_name){ 0 };
	return &l->names[l->n];
}

static unsigned char
hex_value(char c)
{
	return (unsigned char)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* Take LINE as the next name; *TAKEN false if its algorithm is none of ours. */
static struct err
take_line(
    struct checklist *l, const struct hash_opts *opts, const struct sums_line *line, bool *taken)
{
	struct checked_name *name = new_name(l);
	size_t size = line->hex_len / 2;

	if (name == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	if (line->tag != NULL) {
		const char *algo = sums_algo_of_tag(line->tag, line->tag_len);
		name->algos = algo != NULL ? bit_of(l, opts, algo) : 0;
		for (size_t i = 0; i < l->algos->n; i++) {
			if (l->algos->algos[i]->size != size)
				name->algos &= ~(1U << i);
		}
	} else {
		name->algos = bits_of_size(l, opts, size);
	}
	*taken = name->algos != 0;
	if (!*taken)
		return ERR_OK;
	for (size_t i = 0; i < size; i++)
		name->digest[i] = (unsigned char)(hex_value(line->hex[2 * i]) << 4 |
						  hex_value(line->hex[2 * i + 1]));
	name->name = line->name;
	l->n++;
	return ERR_OK;
}

/* With -w, name line NUMBER, which is none. */
static struct err
note_bad(struct checklist *l, const struct hash_opts *opts, int64_t number)
{
	struct str line = STR_INIT;

	l->bad_lines++;
	if (!opts->warn || opts->status)
		return ERR_OK;
	str_addf(&line, "%s: ", opts->report.program);
	checklist_add_name(&line, opts->check);
	str_addf(&line, ": %" PRId64 ": improperly formatted checksum line\n", number);
	struct err err = file_write_all(STDERR_FILENO, line.buf, line.len);
	str_release(&line);
	return err;
}

/* Take TEXT[len] line by line. */
static bool
take_lines(struct checklist *l, const struct hash_opts *opts, char *text, size_t len)
{
	char end = opts->zero ? '\0' : '\n';
	int64_t number = 0;

	for (char *at = text; at < text + len;) {
		char *stop = memchr(at, end, (size_t)(text + len - at));
		char *next = stop != NULL ? stop + 1 : text + len;
		struct sums_line line;
		bool taken = false;
		struct err err = ERR_OK;

		if (stop == NULL)
			stop = text + len;
		*stop = '\0';
		number++;
		if (at[0] == '#') {
			at = next;
			continue;
		}
		if (sums_take_line(at, (size_t)(stop - at), opts->zero, &line))
			err = take_line(l, opts, &line, &taken);
		if (!err_failed(err) && !taken)
			err = note_bad(l, opts, number);
		if (err_failed(err))
			return fails(l, err, NULL);
		at = next;
	}
	return true;
}

/* The bits of a manifest's algorithms, in *BITS in their order. */
static bool
take_algos(struct checklist *l, const struct hash_opts *opts, const struct manifest_algos *algos,
    unsigned bits[static MANIFEST_ALGOS])
{
	unsigned all = 0;

	for (size_t i = 0; i < algos->n; i++)
		all |= bits[i] = bit_of(l, opts, algos->names[i]);
	if (all != 0)
		return true;
	return fails(l, err_make(EINVAL, OP_READ, SIDE_SRC, -1),
	    "it has no digest by an algorithm that is known");
}

/* Take entry E if it is a file that has a digest. */
static struct err
take_entry(struct checklist *l, const struct manifest_entry *e, const unsigned *bits, size_t n)
{
	struct checked_name *name = new_name(l);

	if (name == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t i = 0; e->hashed && i < n && name->algos == 0; i++) {
		name->algos = bits[i];
		memcpy(name->digest, e->digests[i], sizeof name->digest);
	}
	if (name->algos == 0)
		return ERR_OK;
	name->name = strdup(e->name);
	if (name->name == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	l->n++;
	return ERR_OK;
}

static bool
damaged(struct checklist *l, struct err err, const struct manifest_fault *fault)
{
	if (err.code != EBADMSG)
		return fails(l, err, NULL);
	str_addf(
	    &l->words, "the manifest is damaged at line %" PRId64 ": %s", fault->line, fault->why);
	return fails(l, err, l->words.buf);
}

static bool
take_manifest(struct checklist *l, const struct hash_opts *opts, int fd)
{
	unsigned bits[MANIFEST_ALGOS] = { 0 };
	struct manifest_fault fault;
	struct manifest_entry e = { 0 };
	struct manifest *m = NULL;

	l->owns_names = true;
	struct err err = manifest_open(fd, &m, &fault);
	if (err_failed(err))
		return damaged(l, err, &fault);
	if (!take_algos(l, opts, manifest_algos(m), bits)) {
		manifest_free(m);
		return false;
	}
	size_t n = manifest_algos(m)->n;
	do {
		err = manifest_next(m, &e, &fault);
		if (!err_failed(err) && e.name != NULL)
			err = take_entry(l, &e, bits, n);
	} while (!err_failed(err) && e.name != NULL);
	manifest_free(m);
	return !err_failed(err) || damaged(l, err, &fault);
}

/* Append all of FD, a file or a stream, to TEXT. */
static struct err
read_all(int fd, struct str *text)
{
	own_mem char *buf = malloc(READ_SIZE);
	size_t got = 0;

	if (buf == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	do {
		struct err err = file_read(fd, buf, READ_SIZE, SIDE_SRC, &got);
		if (err.code == EAGAIN) {
			proc_wait(-1, fd, -1); /* a FIFO that is being written */
			got = 1;
			continue;
		}
		TRY(err);
		str_add(text, buf, got);
	} while (got > 0);
	return str_check(text);
}

/* A manifest that came as a stream: what is read twice has to be a file. */
static bool
take_streamed(struct checklist *l, const struct hash_opts *opts, const struct str *text)
{
	own_fd fd = -1;
	struct err err = fs_open_temporary(&fd);

	if (!err_failed(err))
		err = file_pwrite_all(fd, text->buf, text->len, 0);
	return err_failed(err) ? fails(l, err, NULL) : take_manifest(l, opts, fd);
}

static bool
take_file(struct checklist *l, struct hash_opts *opts, int fd)
{
	char start[sizeof MANIFEST_MAGIC] = "";
	struct str text = STR_INIT;
	struct stat st;
	size_t got = 0;

	struct err err = file_stat(fd, SIDE_SRC, &st);
	if (!err_failed(err) && S_ISREG(st.st_mode))
		err = file_pread(fd, start, sizeof start, 0, &got);
	if (!err_failed(err) && manifest_is_one(start, got))
		return take_manifest(l, opts, fd);
	if (!err_failed(err))
		err = read_all(fd, &text);
	if (err_failed(err)) {
		str_release(&text);
		return fails(l, err, NULL);
	}
	if (manifest_is_one(text.buf, text.len)) {
		bool taken = take_streamed(l, opts, &text);
		str_release(&text);
		return taken;
	}
	if (text.len == 0)
		return true;
	l->text = text.buf;
	return take_lines(l, opts, text.buf, text.len);
}

bool
checklist_read(struct checklist *l, struct hash_opts *opts)
{
	own_fd fd = -1;

	*l = (struct checklist){ .words = STR_INIT, .algos = &opts->hash };
	if (strcmp(opts->check, "-") == 0)
		return take_file(l, opts, STDIN_FILENO);
	struct err err = dir_open_file(AT_FDCWD, opts->check, true, &fd);
	return err_failed(err) ? fails(l, err, NULL) : take_file(l, opts, fd);
}

void
checklist_release(struct checklist *l)
{
	for (size_t i = 0; l->owns_names && i < l->n; i++)
		free(l->names[i].name);
	free(l->names);
	free(l->text);
	str_release(&l->words);
}

void
checklist_add_name(struct str *s, const char *name)
{
	bool escape = name[strcspn(name, "\n\r")] != '\0';

	if (escape)
		str_addc(s, '\\');
	for (; *name != '\0'; name++) {
		if (escape && (*name == '\n' || *name == '\r' || *name == '\\'))
			str_addf(s, "\\%c", *name == '\n' ? 'n' : *name == '\r' ? 'r' : '\\');
		else
			str_addc(s, *name);
	}
}
