/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of one directory on the other side.
 *
 * They stand one behind the other in NAMES, each behind a head; SLOTS is a hash table of their
 * positions.  It is made once the listing is over and the number of names is known.
 */
#include "tree/sides.h"

#include "base/own.h"
#include "sys/dir.h"

#include <errno.h>
#include <string.h>

enum {
	NAMES_FIRST = 4096, /* bytes of names to begin with: a directory of a hundred; arbitrary */
	KEPT_MAX =
	    256 << 10 /* bytes kept for the next directory; arbitrary, a few thousand names */
};

/* What stands before each name; records are aligned to it. */
struct head {
	uint64_t ino;
	uint32_t hash;
	uint32_t size; /* of the record, padding included */
	unsigned char type;
	bool met;
	char name[];
};

struct sides {
	char *names; /* records, NAMES_CAP bytes allocated */
	size_t len;  /* bytes used */
	size_t names_cap;
	size_t *slots; /* position of a record plus one, 0 = free; [slots_cap], a power of two */
	size_t slots_cap;
	size_t slots_used; /* slots in use of the table: 0 = it was not made */
	size_t count;
	size_t met;
	uint64_t seed; /* nobody can choose names that meet in one slot */
	bool whole;
};

struct sides *
sides_new(void)
{
	struct sides *s = calloc(1, sizeof *s);

	if (s != NULL)
		s->seed = (uintptr_t)s;
	return s;
}

void
sides_free(struct sides *s)
{
	if (s == NULL)
		return;
	free(s->names);
	free(s->slots);
	free(s);
}

void
sides_clear(struct sides *s)
{
	if (s->names_cap + s->slots_cap * sizeof s->slots[0] > KEPT_MAX) {
		free(s->names);
		free(s->slots);
		*s = (struct sides){ .seed = s->seed };
	}
	s->len = s->count = s->met = s->slots_used = 0;
	s->whole = false;
}

/* Eight bytes a step; the factor is 2^64 divided by the golden ratio, made odd. */
static uint32_t
hash_of(const struct sides *s, const char *name, size_t len)
{
	uint64_t h = s->seed ^ len;

	while (len > 0) {
		size_t n = len < 8 ? len : 8;
		uint64_t word = 0;
		memcpy(&word, name, n);
		h = (h ^ word) * 0x9e3779b97f4a7c15U;
		h ^= h >> 29;
		name += n;
		len -= n;
	}
	return (uint32_t)(h ^ h >> 32);
}

static struct head *
record(const struct sides *s, size_t at)
{
	return (struct head *)(void *)(s->names + at);
}

static struct err
make_room(struct sides *s, size_t size)
{
	size_t cap = s->names_cap == 0 ? NAMES_FIRST : s->names_cap;

	while (cap - s->len < size)
		cap *= 2;
	if (cap == s->names_cap)
		return ERR_OK;
	char *grown = realloc(s->names, cap);
	if (grown == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	s->names = grown;
	s->names_cap = cap;
	return ERR_OK;
}

static struct err
append(struct sides *s, const struct dir_name *name)
{
	size_t len = strlen(name->name);
	size_t align = sizeof(uint64_t); /* of the strictest member */
	size_t size = (offsetof(struct head, name) + len + align) & ~(align - 1);

	TRY(make_room(s, size));
	struct head *h = record(s, s->len);
	*h = (struct head){
		.ino = name->ino,
		.hash = hash_of(s, name->name, len),
		.size = (uint32_t)size,
		.type = name->type,
	};
	memcpy(h->name, name->name, len + 1);
	s->len += size;
	s->count++;
	return ERR_OK;
}

/* The slot of NAME: its own, or the free one where it belongs. */
static size_t *
slot_of(const struct sides *s, const char *name, uint32_t hash)
{
	size_t mask = s->slots_cap - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		if (s->slots[i] == 0)
			return &s->slots[i];
		const struct head *h = record(s, s->slots[i] - 1);
		if (h->hash == hash && strcmp(h->name, name) == 0)
			return &s->slots[i];
	}
}

/* Make the table; a name that the listing gave twice is in it once, and met the other time. */
static struct err
index_names(struct sides *s)
{
	size_t cap = 16; /* at least; arbitrary */

	while (cap < 2 * s->count)
		cap *= 2;
	if (cap > s->slots_cap) {
		size_t *grown = calloc(cap, sizeof grown[0]);
		if (grown == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		free(s->slots);
		s->slots = grown;
		s->slots_cap = cap;
	} else {
		memset(s->slots, 0, s->slots_cap * sizeof s->slots[0]);
	}
	for (size_t at = 0; at < s->len; at += record(s, at)->size) {
		struct head *h = record(s, at);
		size_t *slot = slot_of(s, h->name, h->hash);
		if (*slot != 0) {
			h->met = true;
			s->met++;
			continue;
		}
		*slot = at + 1;
		s->slots_used++;
	}
	return ERR_OK;
}

struct err
sides_read(struct sides *s, int fd, enum err_side side, char *buf)
{
	struct dir_list listing;
	struct dir_name name;

	struct err err = dir_list_start(&listing, fd, buf, 0);
	for (;;) {
		if (!err_failed(err))
			err = dir_list_next(&listing, &name);
		if (err_failed(err) || name.name == NULL)
			break;
		err = append(s, &name);
	}
	if (err.op == OP_READDIR)
		err.side = (uint8_t)side;
	struct err made = index_names(s);
	if (err_failed(err))
		return err;
	s->whole = !err_failed(made);
	return made;
}

bool
sides_are_whole(const struct sides *s)
{
	return s->whole;
}

size_t
sides_count(const struct sides *s)
{
	return s->count;
}

size_t
sides_unmet(const struct sides *s)
{
	return s->count - s->met;
}

unsigned char
sides_meet(struct sides *s, const char *name, uint64_t *ino)
{
	unsigned char absent = s->whole ? SIDE_ABSENT : SIDE_NOT_ASKED;

	*ino = 0;
	if (s->slots_used == 0)
		return absent;
	size_t slot = *slot_of(s, name, hash_of(s, name, strlen(name)));
	if (slot == 0)
		return absent;
	struct head *h = record(s, slot - 1);
	s->met += !h->met;
	h->met = true;
	*ino = h->ino;
	return h->type;
}

void
sides_extra(const struct sides *s, size_t *at, struct side_name *name)
{
	*name = (struct side_name){ 0 };
	while (*at < s->len && name->name == NULL) {
		const struct head *h = record(s, *at);
		if (!h->met)
			*name = (struct side_name){ h->name, h->type, h->ino };
		*at += h->size;
	}
}

void
sides_keep_extras(struct sides *s)
{
	size_t to = 0;

	for (size_t at = 0, size; at < s->len; at += size) {
		size = record(s, at)->size;
		if (record(s, at)->met)
			continue;
		memmove(s->names + to, s->names + at, size);
		to += size;
	}
	free(s->slots);
	s->slots = NULL;
	s->slots_cap = s->slots_used = 0;
	s->count -= s->met;
	s->met = 0;
	s->len = to;
	char *less = to > 0 ? realloc(s->names, to) : NULL;
	if (less != NULL) {
		s->names = less;
		s->names_cap = to;
	}
}
