/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Manifests: a strict reader.
 *
 * The seal is at the end, so the whole is read twice: once for the seal, before anything of it is
 * believed, and once for the entries, with the seal again, since the file may have changed between.
 */
#include "tree/manifest.h"

#include "sys/file.h"

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

/* A piece of a line. */
struct piece {
	const char *at; /* not NUL-terminated */
	size_t len;     /* bytes */
};

static bool
is_word(struct piece p, const char *word)
{
	return p.len == strlen(word) && memcmp(p.at, word, p.len) == 0;
}

/* What is before the first BY in REST, which then begins behind it; false if there is none. */
static bool
cut(struct piece *rest, char by, struct piece *first)
{
	const char *at = memchr(rest->at, by, rest->len);

	if (at == NULL)
		return false;
	*first = (struct piece){ rest->at, (size_t)(at - rest->at) };
	rest->len -= first->len + 1;
	rest->at = at + 1;
	return true;
}

/* Take P, a number without leading zeros that is at most MOST. */
static bool
take_number(struct piece p, uint64_t most, uint64_t *n)
{
	*n = 0;
	if (p.len == 0 || (p.len > 1 && p.at[0] == '0'))
		return false;
	for (size_t i = 0; i < p.len; i++) {
		unsigned digit = (unsigned)(unsigned char)p.at[i] - '0';

		if (digit > 9 || *n > (most - digit) / 10)
			return false;
		*n = *n * 10 + digit;
	}
	return true;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Take the first two hex digits of P as *BYTE. */
static bool
take_byte(const char *p, size_t len, unsigned char *byte)
{
	int hi = len >= 2 ? hex_value(p[0]) : -1;
	int lo = len >= 2 ? hex_value(p[1]) : -1;

	if (hi < 0 || lo < 0)
		return false;
	*byte = (unsigned char)(hi << 4 | lo);
	return true;
}

/* Take P, a text that is written in the one way, as the bytes that it stands for. */
static bool
take_text(struct manifest *m, struct piece p, struct str *s)
{
	str_clear(s);
	str_clear(&m->again);
	for (size_t i = 0; i < p.len;) {
		size_t n = manifest_plain(p.at + i, p.len - i);
		unsigned char byte;

		if (n > 0) {
			str_add(s, p.at + i, n);
			i += n;
			continue;
		}
		if (p.len - i < 4 || p.at[i] != '\\' || p.at[i + 1] != 'x' ||
		    !take_byte(p.at + i + 2, 2, &byte) || byte == 0)
			return false;
		str_addc(s, (char)byte);
		i += 4;
	}
	manifest_add_text(&m->again, s->buf, s->len);
	return s->len > 0 && m->again.len == p.len && memcmp(m->again.buf, p.at, p.len) == 0;
}

/* Whether NAME is "." or a path of true components. */
static bool
is_name(const struct str *name)
{
	struct piece rest = { name->buf, name->len };
	struct piece first;
	bool more = true;

	if (is_word(rest, "."))
		return true;
	while (more) {
		more = cut(&rest, '/', &first);
		if (!more)
			first = rest;
		if (first.len == 0 || is_word(first, ".") || is_word(first, ".."))
			return false;
	}
	return true;
}

static bool
take_algos(struct manifest *m, struct piece rest)
{
	struct piece first;
	bool more = true;

	if (is_word(rest, "-"))
		return true;
	while (more) {
		more = cut(&rest, ',', &first);
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
			if (is_word(first, m->algos.names[i]))
				return false;
		}
		memcpy(m->algos.names[m->algos.n], first.at, first.len);
		m->algos.names[m->algos.n++][first.len] = '\0';
	}
	return true;
}

/* Take one digest; all of an algorithm have one length. */
static bool
take_digest(struct piece p, size_t *size, unsigned char *digest)
{
	if (p.len == 0 || p.len % 2 != 0 || p.len / 2 > MANIFEST_DIGEST ||
	    (*size != 0 && *size != p.len / 2))
		return false;
	*size = p.len / 2;
	for (size_t i = 0; i < *size; i++) {
		if (!take_byte(p.at + 2 * i, 2, &digest[i]))
			return false;
	}
	return true;
}

static bool
take_digests(struct manifest *m, struct piece rest, struct manifest_entry *e)
{
	struct piece first;

	if (is_word(rest, "-"))
		return true;
	if (e->type != 'f' || m->algos.n == 0)
		return false;
	e->hashed = true;
	for (size_t i = 0; i < m->algos.n; i++) {
		bool more = cut(&rest, ',', &first);
		if (!more)
			first = rest;
		if (more != (i + 1 < m->algos.n) ||
		    !take_digest(first, &m->algos.sizes[i], e->digests[i]))
			return false;
	}
	return true;
}

static bool
take_mode(struct piece p, mode_t *mode)
{
	if (p.len != 4)
		return false;
	*mode = 0;
	for (size_t i = 0; i < 4; i++) {
		if (p.at[i] < '0' || p.at[i] > '7')
			return false;
		*mode = *mode << 3 | (mode_t)(p.at[i] - '0');
	}
	return true;
}

static bool
take_time(struct piece rest, struct timespec *t)
{
	bool minus = rest.len > 0 && rest.at[0] == '-';
	struct piece whole;
	uint64_t sec;

	rest.at += minus ? 1 : 0;
	rest.len -= minus ? 1 : 0;
	if (!cut(&rest, '.', &whole) || rest.len != 9 || !take_number(whole, INT64_MAX, &sec) ||
	    (minus && sec == 0))
		return false;
	t->tv_sec = minus ? -(int64_t)sec : (int64_t)sec;
	t->tv_nsec = 0;
	for (size_t i = 0; i < 9; i++) {
		if (rest.at[i] < '0' || rest.at[i] > '9')
			return false;
		t->tv_nsec = t->tv_nsec * 10 + (rest.at[i] - '0');
	}
	return true;
}

static bool
take_extra(struct manifest *m, struct piece p, struct manifest_entry *e)
{
	struct piece first;
	uint64_t major;
	uint64_t minor;

	if (e->type == 'l') {
		if (!take_text(m, p, &m->target))
			return false;
		e->target = m->target.buf;
		e->target_len = m->target.len;
		return true;
	}
	if (e->type != 'b' && e->type != 'c')
		return is_word(p, "-");
	if (!cut(&p, ':', &first) || !take_number(first, UINT32_MAX, &major) ||
	    !take_number(p, UINT32_MAX, &minor))
		return false;
	e->major = (unsigned)major;
	e->minor = (unsigned)minor;
	return true;
}

/* Take LINE as E; returns why it is none, or NULL. */
static const char *
take_entry(struct manifest *m, struct piece line, struct manifest_entry *e)
{
	static const char types[] = { 'f', 'd', 'l', 'p', 's', 'b', 'c' };
	struct piece f[8]; /* the fields before the name */
	uint64_t n = 0;

	*e = (struct manifest_entry){ 0 };
	for (size_t i = 0; i < sizeof f / sizeof f[0]; i++) {
		if (!cut(&line, ' ', &f[i]))
			return "too few fields";
	}
	if (f[0].len != 1 || memchr(types, f[0].at[0], sizeof types) == NULL)
		return "unknown type";
	e->type = f[0].at[0];
	if (!take_digests(m, f[1], e))
		return "bad digest";
	if (e->type == 'f' ? !take_number(f[2], INT64_MAX, &n) : !is_word(f[2], "-"))
		return "bad size";
	e->size = (int64_t)n;
	if (!take_mode(f[3], &e->mode))
		return "bad mode";
	if (!take_number(f[4], UINT32_MAX, &n))
		return "bad owner";
	e->uid = (uid_t)n;
	if (!take_number(f[5], UINT32_MAX, &n))
		return "bad group";
	e->gid = (gid_t)n;
	if (!take_time(f[6], &e->mtime))
		return "bad time";
	if (!take_extra(m, f[7], e))
		return "bad link target or device";
	if (!take_text(m, line, &m->name) || !is_name(&m->name))
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

	if (is_word((struct piece){ e->name, e->name_len }, ".") && e->type != 'd')
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
take_end(struct manifest *m, struct piece line)
{
	static const char algo[] = "xxh128:";
	XXH128_canonical_t seal;
	struct piece count;
	uint64_t n;
	size_t start = strlen(algo);

	XXH128_canonicalFromHash(&seal, XXH3_128bits_digest(m->seal));
	if (!cut(&line, ' ', &count) || !take_number(count, INT64_MAX, &n) ||
	    line.len != start + 2 * sizeof seal || memcmp(line.at, algo, start) != 0)
		return "bad last line";
	for (size_t i = 0; i < sizeof seal; i++) {
		unsigned char byte;

		if (!take_byte(line.at + start + 2 * i, 2, &byte) || byte != seal.digest[i])
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
next_line(struct manifest *m, struct piece *line, struct manifest_fault *fault)
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
			*line = (struct piece){ from, (size_t)(end - from) };
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
next_entry_line(struct manifest *m, struct piece *line, bool *ended, struct manifest_fault *fault)
{
	TRY(next_line(m, line, fault));
	*ended = line->len >= 4 && memcmp(line->at, "end ", 4) == 0;
	if (*ended) {
		const char *why = take_end(m, (struct piece){ line->at + 4, line->len - 4 });
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
	struct piece line;
	struct piece version;
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
	if (!cut(&line, ' ', &version) || !is_word(version, "1"))
		return damaged(m, fault, "unknown version");
	memset(&m->algos.names, 0, sizeof m->algos.names);
	m->algos.n = 0;
	return take_algos(m, line) ? ERR_OK : damaged(m, fault, "bad list of algorithms");
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
	struct piece line;
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
	struct piece line;

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
