/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings as records: the path, with NUL for '/', is the key. */
#include "run/arcfound.h"

#include "run/collate.h"

#include <errno.h>
#include <string.h>
#include <xxhash.h>

enum {
	LANE_SIZE = 1 << 20 /* bytes of findings in memory; arbitrary, some 10,000 */
};

/* What a record's body begins with; the reasons follow. */
struct finding {
	unsigned char order[8]; /* its number, most significant byte first */
	enum item_action action;
	mode_t mode;
	int64_t size;
};

void
arcfound_init(struct arcfound *f)
{
	*f = (struct arcfound){ .key = STR_INIT, .body = STR_INIT };
}

static uint64_t
hash_of(const char *path)
{
	return XXH3_64bits(path, strlen(path));
}

bool
arcfound_has(const struct arcfound *f, const char *path)
{
	return hashset_has(&f->names, hash_of(path));
}

struct err
arcfound_add(struct arcfound *f, const char *path, const struct stat *want, enum item_action action,
    const struct str *why)
{
	struct finding start;

	if (f->records == NULL)
		f->records = collate_new(1, LANE_SIZE);
	if (f->records == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	memset(&start, 0, sizeof start); /* its padding too: bodies are compared */
	for (int i = 0; i < 8; i++)
		start.order[i] = (unsigned char)(f->number >> 8 * (7 - i));
	f->number++;
	start.action = action;
	start.mode = want->st_mode;
	start.size = S_ISREG(want->st_mode) && want->st_size > 0 ? want->st_size : 0;
	str_clear(&f->key);
	str_adds(&f->key, strcmp(path, ".") == 0 ? "" : path);
	for (size_t i = 0; i < f->key.len; i++) {
		if (f->key.buf[i] == '/')
			f->key.buf[i] = '\0';
	}
	str_clear(&f->body);
	str_add(&f->body, &start, sizeof start);
	str_add(&f->body, why->buf, why->len);
	TRY(str_check(&f->key));
	TRY(str_check(&f->body));
	TRY(hashset_add(&f->names, hash_of(path)));
	const struct record r = { f->key.buf, f->key.len, f->body.buf, f->body.len };
	return collate_add(f->records, 0, &r);
}

/* What is told at the end, in the order of the tree. */
struct telling {
	struct worker *w;
	struct str path; /* of what is held, as its key until it is told */
	struct str held; /* its body; the last one of its path counts */
	bool holds;
	struct str gone; /* a directory that is none in the tree: what is below it is no news */
};

static void
let_go(struct telling *t)
{
	struct finding f;
	struct str why = STR_INIT;
	const char *path = t->path.len > 0 ? t->path.buf : ".";
	size_t gone = t->gone.len;

	if (!t->holds)
		return;
	t->holds = false;
	for (size_t i = 0; i < t->path.len; i++)
		t->path.buf[i] = t->path.buf[i] == '\0' ? '/' : t->path.buf[i];
	memcpy(&f, t->held.buf, sizeof f);
	bool below = gone > 0 && t->path.len > gone && t->path.buf[gone] == '/' &&
		     memcmp(t->path.buf, t->gone.buf, gone) == 0;
	if (below && f.action == ACTION_MISSING)
		return;
	str_add(&why, t->held.buf + sizeof f, t->held.len - sizeof f);
	if (f.action == ACTION_MISSING || f.action == ACTION_CHANGED) {
		str_clear(&t->gone);
		str_add(&t->gone, t->path.buf, t->path.len);
	}
	struct stat st = { .st_mode = f.mode, .st_size = f.size };
	struct entry e = { .dir = t->w->run->base, .src_name = path, .name = path };
	unlike_tell(t->w, &e, &st, f.action, &why);
	str_release(&why);
}

static struct err
take_record(void *taker, const struct record *r)
{
	struct telling *t = taker;

	TRY(cancel_check(&t->w->run->cancel));
	if (!t->holds || t->path.len != r->key_len ||
	    memcmp(t->path.buf, r->key, r->key_len) != 0) {
		let_go(t);
		str_clear(&t->path);
		str_add(&t->path, r->key, r->key_len);
	}
	str_clear(&t->held);
	str_add(&t->held, r->body, r->body_len);
	t->holds = true;
	TRY(str_check(&t->path));
	return str_check(&t->held);
}

void
arcfound_tell(struct arcfound *f, struct worker *w)
{
	struct telling t = { .w = w, .path = STR_INIT, .held = STR_INIT, .gone = STR_INIT };

	if (f->records == NULL)
		return;
	struct err err = collate_each(f->records, take_record, &t);
	if (!err_failed(err))
		let_go(&t);
	else if (err_class(err) != ERR_CLASS_CANCELED)
		tell_operand_error(w->run, w->run->request.report->dst, err, NULL);
	str_release(&t.path);
	str_release(&t.held);
	str_release(&t.gone);
}

void
arcfound_release(struct arcfound *f)
{
	collate_free(f->records);
	hashset_release(&f->names);
	str_release(&f->key);
	str_release(&f->body);
}
