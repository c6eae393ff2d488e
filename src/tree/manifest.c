/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Manifests: a strict reader.
 *
 * The seal is at the end, so the whole is read twice: once for the seal, before anything of it is
 * believed, and once for the entries, with the seal again, since the file may have changed between.
 */
#include "tree/manifest.h"

#include "sys/file.h"
#include "tree/field.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
	READ_SIZE = 64 << 10 /* bytes of one read; arbitrary, a few hundred lines */
};

struct manifest {
	int fd;             /* borrowed */
	int64_t at;         /* where the next read is from */
	char *buf;          /* cap bytes; [pos, len) are not yet parsed */
	size_t cap;         /* bytes allocated */
	size_t pos;         /* next byte */
	size_t len;         /* bytes read */
	int64_t line;       /* lines taken */
	int64_t met;        /* entries taken */
	int64_t count;      /* entries, as the end says */
	bool ended;         /* the end was met, and was right */
	XXH3_state_t *seal; /* of the lines taken */
	struct manifest_algos algos;
	struct str last;   /* name of the entry before; "" = none */
	bool last_is_dir;  /* it is a directory */
	struct str name;   /* name at hand */
	struct str target; /* target at hand */
	struct str again;  /* a text, written again */
};

/* Whether NAME is "." or a path of true components. */
static bool
is_name(const struct str *name)
{
	struct field rest = { name->buf, name->len };
	struct field first;
	bool more = true;

	if (field_is(rest, "."))
		return true;
	while (more) {
		more = field_cut(&rest, '/', &first);
		if (!more)
			first = rest;
		if (first.len == 0 || field_is(first, ".") || field_is(first, ".."))
			return false;
	}
	return true;
}

static bool
take_algos(struct manifest *m, struct field rest)
{
	struct field first;
	bool more = true;

	if (field_is(rest, "-"))
		return true;
	while (more) {
		more = field_cut(&rest, ',', &first);
		if (!more)
			first = rest;
		if (m->algos.n == MANIFEST_ALGOS || first.len == 0 ||
		    first.len >= MANIFEST_ALGO_NAME)
			return false;
		for (size_t i = 0; i < first.len; i++) {
			char c = first.at[i];
			if ((c < 'a' || c > 'z') && (c < '0' || c > '9'))
				return false;
		}
		for (size_t i = 0; i < m->algos.n; i++) {
			if (field_is(first, m->algos.names[i]))
				return false;
		}
		memcpy(m->algos.names[m->algos.n], first.at, first.len);
		m->algos.names[m->algos.n++][first.len] = '\0';
	}
	return true;
}

static bool
take_digests(struct manifest *m, struct field rest, struct manifest_entry *e)
{
	struct field first;

	if (field_is(rest, "-"))
		return true;
	if (e->type != 'f' || m->algos.n == 0)
		return false;
	e->hashed = true;
	for (size_t i = 0; i < m->algos.n; i++) {
		bool more = field_cut(&rest, ',', &first);
		if (!more)
			first = rest;
		if (more != (i + 1 < m->algos.n) ||
		    !field_digest(first, &m->algos.sizes[i], e->digests[i]))
			return false;
	}
	return true;
}

static bool
take_inode(struct field rest, struct manifest_entry *e)
{
	struct field ino;

	if (field_is(rest, "-"))
		return true;
	e->identified = true;
	return e->type == 'f' && field_cut(&rest, ':', &ino) &&
	       field_number(ino, UINT64_MAX, &e->ino) && field_time(rest, &e->ctime);
}

static bool
take_extra(struct manifest *m, struct field p, struct manifest_entry *e)
{
	struct field first;
	uint64_t major;
	uint64_t minor;

	if (e->type == 'l') {
		if (!field_text(p, &m->again, &m->target))
			return false;
		e->target = m->target.buf;
		e->target_len = m->target.len;
		return true;
	}
	if (e->type != 'b' && e->type != 'c')
		return field_is(p, "-");
	if (!field_cut(&p, ':', &first) || !field_number(first, UINT32_MAX, &major) ||
	    !field_number(p, UINT32_MAX, &minor))
		return false;
	e->major = (unsigned)major;
	e->minor = (unsigned)minor;
	return true;
}

/* Take LINE as E; returns why it is none, or NULL. */
static const char *
take_entry(struct manifest *m, struct field line, struct manifest_entry *e)
{
	static const char types[] = { 'f', 'd', 'l', 'p', 's', 'b', 'c' };
	struct field f[9]; /* the fields before the name */
	size_t extra = m->algos.inodes ? 8 : 7;
	uint64_t n = 0;

	*e = (struct manifest_entry){ 0 };
	for (size_t i = 0; i <= extra; i++) {
		if (!field_cut(&line, ' ', &f[i]))
			return "too few fields";
	}
	if (f[0].len != 1 || memchr(types, f[0].at[0], sizeof types) == NULL)
		return "unknown type";
	e->type = f[0].at[0];
	if (!take_digests(m, f[1], e))
		return "bad digest";
	if (e->type == 'f' ? !field_number(f[2], INT64_MAX, &n) : !field_is(f[2], "-"))
		return "bad size";
	e->size = (int64_t)n;
	if (!field_mode(f[3], &e->mode))
		return "bad mode";
	if (!field_number(f[4], UINT32_MAX, &n))
		return "bad owner";
	e->uid = (uid_t)n;
	if (!field_number(f[5], UINT32_MAX, &n))
		return "bad group";
	e->gid = (gid_t)n;
	if (!field_time(f[6], &e->mtime))
		return "bad time";
	if (m->algos.inodes && !take_inode(f[7], e))
		return "bad inode";
	if (!take_extra(m, f[extra], e))
		return "bad link target or device";
	if (!field_text(line, &m->again, &m->name) || !is_name(&m->name))
		return "bad name";
	e->name = m->name.buf;
	e->name_len = m->name.len;
	return NULL;
}

/* Check that E may come after the entry before; returns why not, or NULL. */
static const char *
check_place(struct manifest *m, const struct manifest_entry *e)
{
	const struct str *last = &m->last;

	if (field_is((struct field){ e->name, e->name_len }, ".") && e->type != 'd')
		return "the root is no directory";
	if (last->len > 0) {
		if (manifest_order(last->buf, last->len, e->name, e->name_len) >= 0)
			return "out of order";
		if (!m->last_is_dir && e->name_len > last->len && e->name[last->len] == '/' &&
		    memcmp(e->name, last->buf, last->len) == 0)
			return "below what is no directory";
	}
	str_clear(&m->last);
	str_add(&m->last, e->name, e->name_len);
	m->last_is_dir = e->type == 'd';
	return NULL;
}

/* Take LINE as the end; returns why it is none, or NULL. */
static const char *
take_end(struct manifest *m, struct field line)
{
	static const char algo[] = "xxh128:";
	XXH128_canonical_t seal;
	struct field count;
	uint64_t n;
	size_t start = strlen(algo);

	XXH128_canonicalFromHash(&seal, XXH3_128bits_digest(m->seal));
	if (!field_cut(&line, ' ', &count) || !field_number(count, INT64_MAX, &n) ||
	    line.len != start + 2 * sizeof seal || memcmp(line.at, algo, start) != 0)
		return "bad last line";
	for (size_t i = 0; i < sizeof seal; i++) {
		unsigned char byte;

		if (!field_byte(line.at + start + 2 * i, 2, &byte) || byte != seal.digest[i])
			return "the digest of the whole differs";
	}
	if ((int64_t)n != m->met)
		return "the number of entries differs";
	m->count = (int64_t)n;
	return NULL;
}

static struct err
damaged(const struct manifest *m, struct manifest_fault *fault, const char *why)
{
	*fault = (struct manifest_fault){ .line = m->line, .why = why };
	return err_make(EBADMSG, OP_READ, SIDE_SRC, -1);
}

/* Have more bytes behind those that are not yet parsed; *GOT 0 at the end of the file. */
static struct err
fill(struct manifest *m, size_t *got)
{
	if (m->pos > 0) {
		memmove(m->buf, m->buf + m->pos, m->len - m->pos);
		m->len -= m->pos;
		m->pos = 0;
	}
	if (m->cap - m->len < READ_SIZE) {
		size_t cap = m->cap > 0 ? 2 * m->cap : 2 * (size_t)READ_SIZE;
		char *buf = realloc(m->buf, cap);

		if (buf == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		m->buf = buf;
		m->cap = cap;
	}
	TRY(file_pread(m->fd, m->buf + m->len, READ_SIZE, m->at, got));
	m->at += (int64_t)*got;
	m->len += *got;
	return ERR_OK;
}

/* The next line, its LF left out; valid until the next call. */
static struct err
next_line(struct manifest *m, struct field *line, struct manifest_fault *fault)
{
	size_t searched = 0;
	size_t got;

	m->line++;
	for (;;) {
		const char *from = m->buf + m->pos;
		size_t len = m->len - m->pos;
		const char *end =
		    len > searched ? memchr(from + searched, '\n', len - searched) : NULL;

		if (end != NULL) {
			*line = (struct field){ from, (size_t)(end - from) };
			m->pos += line->len + 1;
			return ERR_OK;
		}
		if (len > MANIFEST_LINE)
			return damaged(m, fault, "line too long");
		searched = len;
		TRY(fill(m, &got));
		if (got == 0)
			return damaged(m, fault, "cut off");
	}
}

/* That nothing is behind the end. */
static struct err
check_nothing(struct manifest *m, struct manifest_fault *fault)
{
	size_t got = 0;

	if (m->pos == m->len)
		TRY(fill(m, &got));
	if (m->pos == m->len)
		return ERR_OK;
	m->line++;
	return damaged(m, fault, "more than the manifest");
}

/* The next line of an entry, or *ENDED. */
static struct err
next_entry_line(struct manifest *m, struct field *line, bool *ended, struct manifest_fault *fault)
{
	TRY(next_line(m, line, fault));
	*ended = line->len >= 4 && memcmp(line->at, "end ", 4) == 0;
	if (*ended) {
		const char *why = take_end(m, (struct field){ line->at + 4, line->len - 4 });
		return why != NULL ? damaged(m, fault, why) : check_nothing(m, fault);
	}
	m->met++;
	XXH3_128bits_update(m->seal, line->at, line->len + 1);
	return ERR_OK;
}

static struct err
take_head(struct manifest *m, struct manifest_fault *fault)
{
	size_t magic = strlen(MANIFEST_MAGIC);
	struct field line;
	struct field version;
	size_t got;

	/* whatever is no manifest at all is not searched for the end of its first line */
	TRY(fill(m, &got));
	if (!manifest_is_one(m->buf, m->len)) {
		m->line = 1;
		return damaged(m, fault, "no manifest");
	}
	TRY(next_line(m, &line, fault));
	XXH3_128bits_update(m->seal, line.at, line.len + 1);
	line.at += magic;
	line.len -= magic;
	if (!field_cut(&line, ' ', &version) || !field_is(version, "1"))
		return damaged(m, fault, "unknown version");
	memset(&m->algos.names, 0, sizeof m->algos.names);
	m->algos.n = 0;
	struct field algos = line;
	m->algos.inodes = field_cut(&line, ' ', &algos);
	if (m->algos.inodes && !field_is(line, "inodes"))
		return damaged(m, fault, "unknown kind of entries");
	return take_algos(m, algos) ? ERR_OK : damaged(m, fault, "bad list of algorithms");
}

/* Go to the beginning and read the head. */
static struct err
start(struct manifest *m, struct manifest_fault *fault)
{
	m->at = m->line = m->met = 0;
	m->pos = m->len = 0;
	m->ended = false;
	str_clear(&m->last);
	XXH3_128bits_reset(m->seal);
	return take_head(m, fault);
}

bool
manifest_is_one(const char *bytes, size_t len)
{
	size_t magic = strlen(MANIFEST_MAGIC);

	return len >= magic && memcmp(bytes, MANIFEST_MAGIC, magic) == 0;
}

static struct err
check_seal(struct manifest *m, struct manifest_fault *fault)
{
	struct field line;
	bool ended = false;

	TRY(start(m, fault));
	while (!ended)
		TRY(next_entry_line(m, &line, &ended, fault));
	return start(m, fault);
}

struct err
manifest_open(int fd, struct manifest **m, struct manifest_fault *fault)
{
	struct manifest *new = calloc(1, sizeof *new);

	*fault = (struct manifest_fault){ 0 };
	if (new == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	new->fd = fd;
	new->last = new->name = new->target = new->again = STR_INIT;
	new->seal = XXH3_createState();
	struct err err =
	    new->seal != NULL ? check_seal(new, fault) : err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	if (err_failed(err))
		manifest_free(new);
	else
		*m = new;
	return err;
}

void
manifest_free(struct manifest *m)
{
	if (m == NULL)
		return;
	free(m->buf);
	XXH3_freeState(m->seal);
	str_release(&m->last);
	str_release(&m->name);
	str_release(&m->target);
	str_release(&m->again);
	free(m);
}

const struct manifest_algos *
manifest_algos(const struct manifest *m)
{
	return &m->algos;
}

int64_t
manifest_count(const struct manifest *m)
{
	return m->count;
}

struct err
manifest_next(struct manifest *m, struct manifest_entry *e, struct manifest_fault *fault)
{
	struct field line;

	if (!m->ended)
		TRY(next_entry_line(m, &line, &m->ended, fault));
	if (m->ended) {
		*e = (struct manifest_entry){ 0 };
		return ERR_OK;
	}
	const char *why = take_entry(m, line, e);
	if (why == NULL)
		why = check_place(m, e);
	/* what memory did not suffice for is no damage */
	TRY(str_check(&m->name));
	TRY(str_check(&m->target));
	TRY(str_check(&m->again));
	TRY(str_check(&m->last));
	return why != NULL ? damaged(m, fault, why) : ERR_OK;
}

struct err
manifest_rewind(struct manifest *m, struct manifest_fault *fault)
{
	return start(m, fault);
}
