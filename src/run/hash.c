/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verb hash: a walk whose sink reads, prints and notes, and has no destination.
 *
 * A small file costs openat, fstat, read and close, or one stat if --known has it.  A directory's worker
 * leaves single files to workers that have nothing to do, so that a wide directory is read by all of them.
 */
#include "run/hash.h"

#include "base/own.h"
#include "run/collate.h"
#include "run/dirjob.h"
#include "run/entryjob.h"
#include "run/feed.h"
#include "run/hashcheck.h"
#include "run/hashline.h"
#include "run/inventory.h"
#include "run/known.h"
#include "run/reading.h"
#include "run/sink.h"
#include "run/sums.h"
#include "run/tell.h"
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum {
	LANE_SIZE = 4 << 20,    /* as a ledger's */
	WRITE_SIZE = 256 << 10, /* likewise */
};

/* What the verb adds to a run; shared by its workers. */
struct hash_run {
	const struct hash_opts *opts;
	struct collate *lines; /* lines to be sorted, or NULL */
	struct inodes *inodes; /* files with several names */
	struct outfile out;    /* the manifest */
};

static bool
is_stdin(const struct entry *e)
{
	return e->operand && strcmp(e->src_name, "-") == 0;
}

static void
entered(struct worker *w, const struct node *n, const struct entry *e)
{
	(void)e;
	atomic_fetch_add_explicit(&w->run->live->items_done, 1, memory_order_relaxed);
	ledger_note_directory(w, n);
}

/* Add the lines of NAME, all algorithms, to S. */
static void
add_lines(const struct hash_run *h, const struct digests *d, const char *name, struct str *s)
{
	const struct hash_algos *algos = &h->opts->hash;
	struct sums_form form = { h->opts->tag, h->opts->zero };

	for (size_t i = 0; i < algos->n; i++)
		sums_add_line(s, form, algos->algos[i], d->of[i], name);
}

/* Print the lines of E now. */
static void
print_now(struct worker *w, const struct entry *e, const struct digests *d)
{
	struct event ev = { .kind = EVENT_RESULT };
	struct str lines = STR_INIT;

	node_src_path(e->dir, e->src_name, &w->src);
	add_lines(w->run->hash, d, w->src.buf, &lines);
	for (size_t at = 0; at < lines.len; at += strlen(lines.buf + at) + 1) {
		char *end = strchr(lines.buf + at, '\n');

		if (!w->run->hash->opts->zero && end != NULL)
			*end = '\0';
		ev.src = w->src.buf;
		ev.note = lines.buf + at;
		report_emit(w->run->report, &ev);
	}
	str_release(&lines);
}

/* Keep the line of E for the end; D NULL = its inode will have digests. */
static struct err
keep_line(struct worker *w, const struct entry *e, const struct stat *st, const struct digests *d)
{
	struct hashline line;

	line.linked = d == NULL;
	line.id = inode_id_of(st);
	if (d != NULL)
		line.d = *d;
	node_src_path(e->dir, e->src_name, &w->src);
	TRY(hashline_key(e->dir->parent == NULL ? e->number : e->dir->number, &w->src, &w->rel));
	TRY(hashline_body(&line, w->hashing.algos, &w->dst));
	struct record r = { w->rel.buf, w->rel.len, w->dst.buf, w->dst.len };
	return collate_add(w->run->hash->lines, (unsigned)(w - w->run->workers), &r);
}

/* Tell of E as an event, with the worker's digests. */
static void
tell_event(struct worker *w, const struct entry *e, const struct stat *st)
{
	struct event ev = {
		.kind = EVENT_ITEM,
		.what = KIND_FILE,
		.action = ACTION_UNCHANGED,
		.size = st->st_size,
	};

	str_clear(&w->hash);
	hashing_text(&w->hashing, &w->hash);
	node_src_path(e->dir, e->src_name, &w->src);
	ev.hash = w->hash.buf;
	ev.src = ev.path = w->src.buf;
	report_emit(w->run->report, &ev);
}

/* Print, keep or tell of E, whose digests D are the worker's. */
static struct err
tell_digests(
    struct worker *w, const struct entry *e, const struct stat *st, const struct digests *d)
{
	const struct hash_run *h = w->run->hash;

	w->counts.items[ACTION_UNCHANGED]++;
	w->counts.files[ACTION_UNCHANGED]++;
	if (h->lines != NULL)
		return keep_line(w, e, st, d);
	if (h->opts->report.json)
		tell_event(w, e, st);
	else if (!h->opts->tree)
		print_now(w, e, d);
	return ERR_OK;
}

/* Whether E, with attributes ST, is a further name of what somebody else reads. */
static struct err
is_read_elsewhere(struct worker *w, const struct entry *e, const struct stat *st, bool *elsewhere)
{
	struct hash_run *h = w->run->hash;
	bool first = true;

	/* what is printed at once cannot wait for another name's digest */
	if (S_ISREG(st->st_mode) && st->st_nlink > 1 && (h->lines != NULL || h->opts->tree))
		TRY(inodes_claim(h->inodes, inode_id_of(st), &first));
	*elsewhere = !first;
	if (first)
		return ERR_OK;
	ledger_note(w, e, st, CONTENT_LINKED);
	return h->lines != NULL ? keep_line(w, e, st, NULL) : ERR_OK;
}

/* Do what is to be done with E, whose digests the worker has. */
static struct err
settle(struct worker *w, const struct entry *e, const struct stat *st)
{
	struct digests d;

	digests_of(&w->hashing, &d);
	/* with a manifest or without: other names of the file wait for it */
	if (S_ISREG(st->st_mode) && st->st_nlink > 1)
		TRY(inodes_put(w->run->hash->inodes, inode_id_of(st), &d));
	ledger_note(w, e, st, CONTENT_HASHED);
	return tell_digests(w, e, st, &d);
}

/* Read the open file FD, which is E. */
static struct err
hash_open(struct worker *w, const struct entry *e, int fd, struct stat *st)
{
	bool elsewhere;

	atomic_fetch_add_explicit(&w->run->live->bytes_found, st->st_size, memory_order_relaxed);
	TRY(is_read_elsewhere(w, e, st, &elsewhere));
	if (elsewhere)
		return ERR_OK;
	struct err err = reading_hash(w, fd, st);
	if (err_failed(err) && err.op != OP_CHANGED)
		return err;
	TRY(settle(w, e, st));
	return err;
}

/* Hash E, which is open as FD. */
static struct err
hash_descriptor(struct worker *w, const struct entry *e, int fd)
{
	struct stat st;

	TRY(file_stat(fd, SIDE_SRC, &st));
	if (S_ISDIR(st.st_mode))
		return err_make(EISDIR, OP_READ, SIDE_SRC, -1);
	return hash_open(w, e, fd, &st);
}

/* Deal with E without opening it, unless it has to be opened; SPECIAL: no person named it as a file. */
static struct err
hash_unopened(struct worker *w, const struct entry *e, bool special, bool *done)
{
	bool elsewhere;
	struct stat st;

	*done = true;
	TRY(dir_stat(e->dir->src_fd, e->src_name, e->follow, SIDE_SRC, &st));
	if (special && !S_ISREG(st.st_mode)) {
		ledger_note(w, e, &st, CONTENT_UNKNOWN);
		return ERR_OK;
	}
	if (S_ISREG(st.st_mode) && inventory_knows(w, e, &st)) {
		TRY(is_read_elsewhere(w, e, &st, &elsewhere));
		return elsewhere ? ERR_OK : settle(w, e, &st);
	}
	*done = false;
	return ERR_OK;
}

static struct err
hash_entry(struct worker *w, const struct entry *e)
{
	/* what is no file is opened only if a person named it */
	bool special = e->type != DT_REG && !(e->operand && e->type != DT_LNK);
	bool done = false;
	own_fd fd = -1;

	if (is_stdin(e))
		return hash_descriptor(w, e, STDIN_FILENO);
	if (special || w->run->known != NULL)
		TRY(hash_unopened(w, e, special, &done));
	if (done)
		return ERR_OK;
	TRY(dir_open_file(e->dir->src_fd, e->src_name, e->follow, &fd));
	struct err err = hash_descriptor(w, e, fd);
	file_drop(&fd);
	return err;
}

static void
carry(struct worker *w, const struct entry *e)
{
	if (cancel_requested(&w->run->cancel))
		return;
	if (!e->handed && e->type == DT_REG && sched_is_hungry(w->run->sched)) {
		entryjob_push(w, e);
		return;
	}
	struct err err = hash_entry(w, e);
	atomic_fetch_add_explicit(&w->run->live->items_done, 1, memory_order_relaxed);
	if (err_failed(err))
		tell_error(w, e, err, NULL);
}

const struct sink sink_digests = {
	.enter = sink_enter_nothing,
	.entered = entered,
	.list = sink_no_sides,
	.carry = carry,
	.carry_at_once = sink_carry_later,
	.listed = sink_no_sides,
	.finish = sink_finish_nothing,
};

/* W has no more to do: bring in order what it kept. */
static void
retire(struct worker *w)
{
	if (w->run->hash->lines != NULL)
		collate_sort(w->run->hash->lines, (unsigned)(w - w->run->workers));
	ledger_retire(w);
}

/* The name that operand PATH has in a manifest: its last component, "" for "." and "..". */
static struct err
name_of(const char *path, char name[static NAME_MAX + 1])
{
	size_t end = strlen(path);
	size_t start;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/';)
		start--;
	if (end - start > NAME_MAX)
		return err_make(ENAMETOOLONG, OP_STAT, SIDE_SRC, -1);
	memcpy(name, path + start, end - start);
	name[end - start] = '\0';
	if (name[0] == '\0' || strcmp(name, "..") == 0)
		memcpy(name, ".", 2);
	return ERR_OK;
}

/* Hand operand NUMBER over. */
static struct err
give_operand(struct run *run, unsigned number)
{
	struct worker *w = &run->workers[run->n_workers];
	char *path = run->request.operands[number];
	char name[NAME_MAX + 1];
	struct stat st;
	struct entry e = {
		.dir = run->base,
		.src_name = path,
		.name = name,
		.number = number,
		.operand = true,
		.follow = run->request.walk->follow != FOLLOW_NONE,
		.type = DT_FIFO,
	};

	TRY(name_of(path, name));
	atomic_fetch_add_explicit(&run->live->items_found, 1, memory_order_relaxed);
	if (!is_stdin(&e)) {
		TRY(dir_stat(AT_FDCWD, path, e.follow, SIDE_SRC, &st));
		if (S_ISDIR(st.st_mode) && path[strlen(path) - 1] == '/')
			e.follow = true;
		e.type = (unsigned char)IFTODT(st.st_mode);
	}
	TRY(run_start_workers(run));
	if (e.type == DT_DIR)
		dirjob_push(w, run->base, &e);
	else
		entryjob_push(w, &e);
	return ERR_OK;
}

static void
give(struct run *run)
{
	run->base = node_new_base(run->nodes, AT_FDCWD, -1, "");
	if (run->base == NULL) {
		tell_operand_error(run, "", err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1), NULL);
		return;
	}
	if (run->request.select->files_from != NULL) {
		feed_start(run, run->request.n_operands > 0 ? run->request.operands[0] : NULL);
		return;
	}
	for (unsigned i = 0; i < run->request.n_operands; i++) {
		if (cancel_requested(&run->cancel))
			return;
		struct err err = give_operand(run, i);
		if (err_failed(err)) {
			tell_operand_error(run, run->request.operands[i], err, NULL);
		}
		run_pump(run, 0);
	}
}

/* The lines on their way to standard output. */
struct printing {
	struct run *run;
	struct str out;
	struct str name;
};

static struct err
flush(struct printing *p, size_t least)
{
	TRY(str_check(&p->out));
	if (p->out.len < least)
		return ERR_OK;
	TRY(file_write_all(STDOUT_FILENO, p->out.buf, p->out.len));
	str_clear(&p->out);
	return ERR_OK;
}

/* Print the line that was kept as R. */
static struct err
print_kept(void *taker, const struct record *r)
{
	struct printing *p = taker;
	struct hash_run *h = p->run->hash;
	struct hashline line;

	TRY(hashline_unpack(r, &h->opts->hash, &line, &p->name));
	if (line.linked && !inodes_get(h->inodes, line.id, &line.d)) {
		tell_operand_error(p->run, p->name.buf, err_make(EIO, OP_READ, SIDE_SRC, -1),
		    "another name of it could not be read");
		return ERR_OK;
	}
	add_lines(h, &line.d, p->name.buf, &p->out);
	return flush(p, WRITE_SIZE);
}

/* Print the digest of an operand's tree. */
static struct err
print_tree(void *taker, unsigned operand, const struct digests *tree)
{
	struct printing *p = taker;
	const char *name =
	    operand < p->run->request.n_operands ? p->run->request.operands[operand] : ".";

	add_lines(p->run->hash, tree, name, &p->out);
	return ERR_OK;
}

static void
print_all(struct run *run)
{
	struct hash_run *h = run->hash;
	struct printing p = { .run = run, .out = STR_INIT, .name = STR_INIT };
	struct err err = ERR_OK;

	if (h->lines != NULL)
		err = collate_each(h->lines, print_kept, &p);
	else if (h->opts->tree && !atomic_load(&run->faulty))
		err = ledger_tree(run->ledger, print_tree, &p);
	if (!err_failed(err))
		err = flush(&p, 1);
	/* a reader that has had enough is no failure of ours to tell, as report_finish() sees it */
	if (err_failed(err) && err.code != EPIPE)
		tell_operand_error(run, "standard output", err, NULL);
	if (err_failed(err))
		report_raise(run->report, EXIT_STOPPED);
	str_release(&p.out);
	str_release(&p.name);
}

static void
conclude(struct run *run)
{
	struct hash_run *h = run->hash;

	if (cancel_requested(&run->cancel))
		return;
	print_all(run);
	if (h->opts->manifest == NULL)
		return;
	struct err err = ledger_write(run->ledger, h->out.fd);
	if (!err_failed(err))
		err = outfile_publish(&h->out, false);
	if (err_failed(err)) {
		tell_operand_error(run, h->opts->manifest, err, NULL);
		report_raise(run->report, EXIT_STOPPED);
	}
}

/* Make what the run needs; false: out of memory, or the manifest cannot be written, which was told. */
static struct err
prepare(struct run *run, struct hash_run *h)
{
	const struct hash_opts *opts = h->opts;
	bool prints_lines = !opts->unsorted && !opts->tree && !opts->report.json;
	struct ledger_opts ledger = {
		.algos = &opts->hash,
		.inodes = h->inodes = inodes_new(),
		.workers = run->n_workers + 1,
		.rooted = run->rooted,
		.identified = opts->known != NULL,
		.apart = opts->tree,
	};

	if (prints_lines)
		h->lines = collate_new(ledger.workers, LANE_SIZE);
	if (opts->tree || opts->manifest != NULL)
		run->ledger = ledger_new(&ledger);
	if (h->inodes == NULL || (prints_lines && h->lines == NULL) ||
	    ((opts->tree || opts->manifest != NULL) && run->ledger == NULL))
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	return opts->manifest != NULL ? outfile_begin(&h->out, opts->manifest) : ERR_OK;
}

static void
prepare_and_give(struct run *run)
{
	const struct hash_opts *opts = run->hash->opts;

	if (err_failed(inventory_learn(run, opts->known, &opts->hash)))
		return;
	struct err err = prepare(run, run->hash);
	if (!err_failed(err)) {
		give(run);
		return;
	}
	tell_operand_error(run, opts->manifest, err, NULL);
	report_raise(run->report, EXIT_STOPPED);
	cancel_request(&run->cancel, err);
}

int
hash_run(struct hash_opts *opts)
{
	static const struct run_steps steps = { .give = prepare_and_give, .conclude = conclude };
	struct hash_run hash = { .opts = opts, .out = { .fd = -1, .dir = -1 } };
	struct run run = {
		.sink = &sink_digests,
		.hash = &hash,
		.retire = retire,
		.request = {
			.walk = &opts->walk,
			.select = &opts->select,
			.hash = &opts->hash,
			.report = &opts->report,
			.jobs = opts->jobs,
			.operands = opts->operands,
			.n_operands = opts->n_operands,
		},
	};

	run.rooted = opts->n_operands == 1 && opts->select.files_from == NULL;
	if (opts->check != NULL)
		return hashcheck_run(opts);
	int status = run_carry_out(&run, &steps);
	outfile_discard(&hash.out);
	ledger_free(run.ledger);
	collate_free(hash.lines);
	inodes_free(hash.inodes);
	known_free(run.known);
	return status;
}
