/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ledger: records are kept in the order of the tree, and become lines at the end.
 *
 *   key   the operand's number if operands are apart, then the path with NUL for '/', "" for "."
 *   body  the operand's number, its id if another name of the inode has the digests, then the fields
 *
 * Where two operands brought the same name, the later one stands.
 */
#include "run/ledger.h"

#include "base/own.h"
#include "run/collate.h"
#include "run/tell.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "tree/manifest.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
	LANE_SIZE =
	    4 << 20, /* bytes that a worker keeps in memory; arbitrary, some 30,000 entries */
	WRITE_SIZE = 256 << 10, /* bytes of one write; as a worker's buffer */
	TIME_GRAIN = 2,         /* seconds of the coarsest time of a file, FAT's; documented */
};

/* What one worker needs to make a record. */
struct note {
	struct str path;   /* of the entry */
	struct str key;    /* of its record */
	struct str body;   /* likewise */
	struct str target; /* of a link */
};

struct ledger {
	struct ledger_opts opts;
	struct manifest_algos algos; /* the run's, as manifests have them */
	struct timespec start;       /* before the first file is looked at */
	struct collate *records;
	struct note notes[]; /* one a worker */
};

/* What a body begins with. */
struct start {
	unsigned char operand[4]; /* most significant byte first, as in a key */
	bool linked;              /* ID has the digests */
	struct inode_id id;       /* meaningful if LINKED */
};

struct ledger *
ledger_new(const struct ledger_opts *opts)
{
	struct ledger *l = calloc(1, sizeof *l + opts->workers * sizeof l->notes[0]);

	if (l == NULL)
		return NULL;
	l->opts = *opts;
	l->algos.n = opts->algos->n;
	l->algos.inodes = opts->identified;
	proc_real_time(&l->start);
	for (size_t i = 0; i < opts->algos->n; i++) {
		const struct digest_algo *algo = opts->algos->algos[i];
		size_t len = strnlen(algo->name, MANIFEST_ALGO_NAME - 1);

		memcpy(l->algos.names[i], algo->name, len);
		l->algos.sizes[i] = algo->size;
	}
	for (unsigned i = 0; i < opts->workers; i++) {
		struct note *n = &l->notes[i];
		n->path = n->key = n->body = n->target = STR_INIT;
	}
	l->records = collate_new(opts->workers, LANE_SIZE);
	if (l->records == NULL) {
		ledger_free(l);
		return NULL;
	}
	return l;
}

void
ledger_free(struct ledger *l)
{
	if (l == NULL)
		return;
	collate_free(l->records);
	for (unsigned i = 0; i < l->opts.workers; i++) {
		str_release(&l->notes[i].path);
		str_release(&l->notes[i].key);
		str_release(&l->notes[i].body);
		str_release(&l->notes[i].target);
	}
	free(l);
}

static void
put_number(unsigned char bytes[static 4], unsigned n)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (unsigned char)(n >> 8 * (3 - i));
}

/* The path of E in the tree that is noted; ROOTED and APART as in struct ledger_opts. */
static void
find_path(bool rooted, bool apart, const struct entry *e, bool is_dir, struct str *path)
{
	bool is_operand = e->dir->parent == NULL;
	size_t skip = 0;

	if (!apart && !rooted)
		node_rel_path(e->dir, e->name, path);
	else if (!is_operand)
		node_operand_path(e->dir, e->name, path);
	else {
		str_clear(path);
		if (!is_dir && !apart)
			str_adds(path, e->name);
	}
	/* "src/." is copied as what is in it */
	while (
	    path->buf[skip] == '.' && (path->buf[skip + 1] == '/' || path->buf[skip + 1] == '\0'))
		skip += path->buf[skip + 1] == '/' ? 2 : 1;
	memmove(path->buf, path->buf + skip, path->len - skip);
	path->len -= skip;
}

void
ledger_path(bool rooted, const struct entry *e, struct str *path)
{
	find_path(rooted, false, e, false, path);
}

static void
make_key(const struct ledger *l, const struct note *n, const struct start *start, struct str *key)
{
	str_clear(key);
	if (l->opts.apart)
		str_add(key, start->operand, sizeof start->operand);
	size_t from = key->len;
	str_add(key, n->path.buf, n->path.len);
	for (size_t i = from; i < key->len; i++) {
		if (key->buf[i] == '/')
			key->buf[i] = '\0';
	}
}

/* Read the target of the link E. */
static struct err
read_target(const struct entry *e, const struct stat *st, struct str *target)
{
	size_t size = st->st_size > 0 ? (size_t)st->st_size + 1 : PATH_MAX;
	own_mem char *buf = malloc(size);

	if (buf == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	TRY(dir_read_symlink(e->dir->src_fd, e->src_name, buf, size));
	str_clear(target);
	str_adds(target, buf);
	return str_check(target);
}

/*
 * Whether a change of the file after it was seen as ST must show in ST's times: they are older, by more than
 * they are exact, than anything that this run did.
 */
static bool
is_settled(const struct ledger *l, const struct stat *st)
{
	int64_t since = l->start.tv_sec - TIME_GRAIN;

	return st->st_mtim.tv_sec < since && st->st_ctim.tv_sec < since;
}

/* The fields of E as the manifest has them, behind START. */
static struct err
make_body(struct worker *w, const struct entry *e, const struct stat *st, struct start *start,
    enum known_content content)
{
	struct ledger *l = w->run->ledger;
	struct note *n = &l->notes[w - w->run->workers];
	struct manifest_entry m;

	manifest_entry_of(&m, st);
	m.hashed = m.type == 'f' && content == CONTENT_HASHED;
	start->linked = m.type == 'f' && content == CONTENT_LINKED;
	start->id = inode_id_of(st);
	if (m.hashed) {
		struct digests d;

		digests_of(&w->hashing, &d);
		static_assert(sizeof m.digests == sizeof d.of);
		memcpy(m.digests, d.of, sizeof m.digests);
		if (st->st_nlink > 1)
			TRY(inodes_put(l->opts.inodes, start->id, &d));
	}
	if (m.type == 'f' && l->algos.inodes && is_settled(l, st)) {
		m.identified = true;
		m.ino = st->st_ino;
		m.ctime = st->st_ctim;
	}
	if (m.type == 'l') {
		TRY(read_target(e, st, &n->target));
		m.target = n->target.buf;
		m.target_len = n->target.len;
	}
	str_clear(&n->body);
	str_add(&n->body, start, sizeof *start);
	manifest_add_fields(&n->body, &l->algos, &m);
	return str_check(&n->body);
}

static struct err
note(struct worker *w, const struct entry *e, const struct stat *st, enum known_content content)
{
	struct ledger *l = w->run->ledger;
	unsigned lane = (unsigned)(w - w->run->workers);
	struct note *n = &l->notes[lane];
	struct start start;

	memset(&start, 0, sizeof start); /* its padding too: bodies are compared */
	bool own = l->opts.numbered || e->dir->parent == NULL;
	put_number(start.operand, own ? e->number : e->dir->number);
	find_path(l->opts.rooted, l->opts.apart, e, S_ISDIR(st->st_mode), &n->path);
	make_key(l, n, &start, &n->key);
	TRY(make_body(w, e, st, &start, content));
	TRY(str_check(&n->path));
	TRY(str_check(&n->key));
	struct record r = { n->key.buf, n->key.len, n->body.buf, n->body.len };
	return collate_add(l->records, lane, &r);
}

void
ledger_note(
    struct worker *w, const struct entry *e, const struct stat *st, enum known_content content)
{
	if (w->run->ledger == NULL)
		return;
	struct err err = note(w, e, st, content);
	if (err_failed(err))
		tell_error(w, e, err, NULL);
}

void
ledger_note_directory(struct worker *w, const struct node *n)
{
	struct entry e = {
		.dir = n->parent,
		.src_name = n->src_name,
		.name = n->name,
		.number = n->number,
	};

	ledger_note(w, &e, &n->src, CONTENT_UNKNOWN);
}

void
ledger_retire(struct worker *w)
{
	if (w->run->ledger != NULL)
		collate_sort(w->run->ledger->records, (unsigned)(w - w->run->workers));
}

/* What becomes of the lines. */
struct lines {
	struct ledger *l;
	struct str line;     /* the line at hand */
	struct str last_key; /* key of HELD */
	struct str held;     /* body that waits for a later one of its key */
	bool holds;          /* there is one */
	/* of a manifest */
	int fd;                    /* where it is written */
	struct manifest_writer *w; /* its seal */
	struct str out;            /* not yet written */
	/* of trees */
	struct hashing *trees; /* one an algorithm, each seeing lines with its digest alone */
	unsigned operand;      /* the tree at hand */
	bool in_tree;          /* there is one */
	ledger_take *take;     /* who takes digests */
	void *taker;           /* it */
	/* Do what is to be done with LINE of OPERAND. */
	struct err (*line_of)(struct lines *s, unsigned operand);
};

/* The line of the record that is held. */
static struct err
make_line(struct lines *s, const struct start *start)
{
	const char *fields = s->held.buf + sizeof *start;
	size_t len = s->held.len - sizeof *start;
	size_t skip = s->l->opts.apart ? sizeof start->operand : 0;
	struct digests d;

	str_clear(&s->line);
	if (start->linked && inodes_get(s->l->opts.inodes, start->id, &d)) {
		struct manifest_entry m = { .type = 'f', .hashed = true };

		memcpy(m.digests, d.of, sizeof m.digests);
		/* "f - 12 0644 ...": the digests come into the place of the dash */
		str_add(&s->line, fields, 2);
		manifest_add_digests(&s->line, &s->l->algos, &m);
		fields += 3;
		len -= 3;
	}
	str_add(&s->line, fields, len);
	for (size_t i = skip; i < s->last_key.len; i++) {
		if (s->last_key.buf[i] == '\0')
			s->last_key.buf[i] = '/';
	}
	if (s->last_key.len == skip)
		str_addc(&s->line, '.');
	else
		manifest_add_text(&s->line, s->last_key.buf + skip, s->last_key.len - skip);
	str_addc(&s->line, '\n');
	return str_check(&s->line);
}

/* Be done with the record that is held. */
static struct err
let_go(struct lines *s)
{
	struct start start;

	if (!s->holds)
		return ERR_OK;
	s->holds = false;
	memcpy(&start, s->held.buf, sizeof start);
	TRY(make_line(s, &start));
	unsigned operand = (unsigned)start.operand[0] << 24 | (unsigned)start.operand[1] << 16 |
			   (unsigned)start.operand[2] << 8 | start.operand[3];
	return s->line_of(s, operand);
}

static struct err
take_record(void *taker, const struct record *r)
{
	struct lines *s = taker;
	bool same = s->holds && r->key_len == s->last_key.len &&
		    memcmp(r->key, s->last_key.buf, r->key_len) == 0;

	if (!same) {
		TRY(let_go(s));
		str_clear(&s->last_key);
		str_add(&s->last_key, r->key, r->key_len);
	}
	str_clear(&s->held);
	str_add(&s->held, r->body, r->body_len);
	s->holds = true;
	TRY(str_check(&s->last_key));
	return str_check(&s->held);
}

static struct err
write_out(struct lines *s, size_t least)
{
	TRY(str_check(&s->out));
	if (s->out.len < least)
		return ERR_OK;
	TRY(file_write_all(s->fd, s->out.buf, s->out.len));
	str_clear(&s->out);
	return ERR_OK;
}

static struct err
line_of_manifest(struct lines *s, unsigned operand)
{
	(void)operand;
	manifest_writer_line(s->w, s->line.buf, s->line.len);
	str_add(&s->out, s->line.buf, s->line.len);
	return write_out(s, WRITE_SIZE);
}

static void
release_lines(struct lines *s)
{
	str_release(&s->line);
	str_release(&s->last_key);
	str_release(&s->held);
	str_release(&s->out);
	manifest_writer_free(s->w);
}

/* Have S deal with every line of L. */
static struct err
each_line(struct ledger *l, struct lines *s)
{
	s->l = l;
	s->line = s->last_key = s->held = STR_INIT;
	TRY(collate_each(l->records, take_record, s));
	return let_go(s);
}

struct err
ledger_write(struct ledger *l, int fd)
{
	struct lines s = { .fd = fd, .line_of = line_of_manifest, .out = STR_INIT };

	s.line = s.last_key = s.held = STR_INIT;
	s.w = manifest_writer_new(&l->algos, &s.out);
	struct err err =
	    s.w != NULL ? each_line(l, &s) : err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	if (!err_failed(err)) {
		manifest_writer_end(s.w, &s.out);
		err = write_out(&s, 0);
	}
	release_lines(&s);
	return err;
}

/* The length of the field that AT begins with, which a space ends. */
static size_t
field(const char *at)
{
	return strcspn(at, " ");
}

/* Show digest I of the trees the line: type, its digest, mode, extra and name. */
static void
show_line(struct lines *s, size_t i)
{
	struct observer *o = &s->trees[i].observer;
	const char *at = s->line.buf;
	const char *digests = at + 2;
	size_t len = strcspn(digests, " ,");

	for (size_t n = 0; n < i && digests[len] == ','; n++) {
		digests += len + 1;
		len = strcspn(digests, " ,");
	}
	o->see(o, at, 2);
	o->see(o, digests, len);
	for (int n = 0; n < (s->l->algos.inodes ? 8 : 7); n++) {
		size_t width = field(at) + 1;
		/* the space before the mode and the mode; likewise the link's target and all that follows */
		if (n == 3)
			o->see(o, at - 1, width);
		at += width;
	}
	o->see(o, at - 1, (size_t)(s->line.buf + s->line.len - at) + 1);
}

static struct err
end_tree(struct lines *s)
{
	struct digests d;

	if (!s->in_tree)
		return ERR_OK;
	s->in_tree = false;
	for (size_t i = 0; i < s->l->algos.n; i++)
		hashing_get(&s->trees[i], i, d.of[i]);
	return s->take(s->taker, s->operand, &d);
}

static struct err
line_of_tree(struct lines *s, unsigned operand)
{
	if (s->in_tree && operand != s->operand)
		TRY(end_tree(s));
	for (size_t i = 0; i < s->l->algos.n; i++) {
		if (!s->in_tree)
			s->trees[i].observer.begin(&s->trees[i].observer);
		show_line(s, i);
	}
	s->in_tree = true;
	s->operand = operand;
	return ERR_OK;
}

struct err
ledger_tree(struct ledger *l, ledger_take *take, void *taker)
{
	struct hashing trees[HASH_MAX] = { 0 };
	struct lines s = { .line_of = line_of_tree, .take = take, .taker = taker, .trees = trees };
	struct err err = ERR_OK;

	s.line = s.last_key = s.held = s.out = STR_INIT;
	for (size_t i = 0; i < l->algos.n && !err_failed(err); i++)
		err = hashing_init(&trees[i], l->opts.algos);
	if (!err_failed(err))
		err = each_line(l, &s);
	if (!err_failed(err))
		err = end_tree(&s);
	for (size_t i = 0; i < l->algos.n; i++)
		hashing_release(&trees[i]);
	release_lines(&s);
	return err;
}
