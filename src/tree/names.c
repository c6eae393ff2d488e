/* SPDX-License-Identifier: BSD-2-Clause */
/* Names out of a stream: one buffer, which a name that is longer makes grow. */
#include "tree/names.h"

#include "base/own.h"
#include "sys/file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
	NAMES_SIZE = 64 * 1024, /* pipe(7): what a pipe holds, so more is rarely there at once */
};

struct names {
	int fd;         /* borrowed */
	char separator; /* ends each name */
	bool ended;     /* the end of the stream has been read */
	char *buf;      /* owned: [start, end) is read but not yet returned */
	size_t size;    /* of buf; END stays below it, for the NUL after an unterminated name */
	size_t start;   /* where the next name starts */
	size_t scanned; /* no separator in [start, scanned) */
	size_t end;     /* one past the last byte read */
};

struct names *
names_new(int fd, char separator)
{
	struct names *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->fd = fd;
	n->separator = separator;
	n->size = NAMES_SIZE;
	n->buf = malloc(n->size);
	if (n->buf == NULL) {
		names_free(n);
		return NULL;
	}
	return n;
}

void
names_free(struct names *n)
{
	if (n == NULL)
		return;
	free(n->buf);
	free(n);
}

/* Cut the next name off the buffer, empty or not; false if its separator is not there yet. */
static bool
cut_name(struct names *n, const char **name, size_t *len)
{
	char *stop = memchr(n->buf + n->scanned, n->separator, n->end - n->scanned);

	n->scanned = n->end;
	if (stop == NULL && (!n->ended || n->start == n->end))
		return false;
	if (stop == NULL)
		stop = n->buf + n->end++;
	*stop = '\0';
	*name = n->buf + n->start;
	*len = (size_t)(stop - *name);
	n->start = (size_t)(stop - n->buf) + 1;
	n->scanned = n->start;
	return true;
}

/* Make room for at least one more byte: at the front first, then by growing. */
static struct err
make_room(struct names *n)
{
	if (n->start > 0 && (n->start == n->end || n->end + 1 == n->size)) {
		memmove(n->buf, n->buf + n->start, n->end - n->start);
		n->end -= n->start;
		n->scanned -= n->start;
		n->start = 0;
	}
	if (n->end + 1 < n->size)
		return ERR_OK;

	char *larger = reallocarray(n->buf, n->size, 2);
	if (larger == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	n->buf = larger;
	n->size *= 2;
	return ERR_OK;
}

bool
names_is_ready(const struct names *n)
{
	const char *unread = n->buf + n->start;

	/* empty names are skipped, so one separator alone is no name yet */
	while (unread < n->buf + n->end && *unread == n->separator)
		unread++;
	return n->ended || memchr(unread, n->separator, (size_t)(n->buf + n->end - unread)) != NULL;
}

struct err
names_fill(struct names *n)
{
	size_t got = 0;

	TRY(make_room(n));
	TRY(file_read(n->fd, n->buf + n->end, n->size - n->end - 1, SIDE_NONE, &got));
	n->end += got;
	n->ended = got == 0;
	return ERR_OK;
}

struct err
names_next(struct names *n, const char **name, size_t *len)
{
	const char *found;
	size_t found_len;

	for (;;) {
		if (cut_name(n, &found, &found_len)) {
			if (found_len == 0)
				continue;
			*name = found;
			*len = found_len;
			return ERR_OK;
		}
		if (n->ended) {
			*name = NULL;
			*len = 0;
			return ERR_OK;
		}
		TRY(names_fill(n));
	}
}
