/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is left out.
 *
 * First the rules of the command line, of which the first that matches decides; where one names a file of
 * directories, the rules in those files are asked at that point, the innermost directory's first.  Then,
 * if nobody has decided, files in gitignore's language, likewise from the innermost; within one of them
 * the last rule that matches decides.  Last, what a directory has in it.
 */
#include "run/ignores.h"

#include "base/own.h"
#include "run/mirror.h"
#include "run/tell.h"
#include "sys/file.h"
#include "sys/fs.h"
#include "tree/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum {
	RULES_FILE_MAX = 1 << 20, /* bytes of a directory's file of rules; arbitrary */
	NESTED_MAX = 8            /* files that name files; arbitrary */
};

/* The mark of a directory that holds a cache (bford.info/cachedir). */
static const char cache_mark[] = "Signature: 8a477f597d28d172789f06886806bc55";

/* One file of rules of a directory. */
struct scope_file {
	struct filter *filter; /* in gitignore's language, or NULL */
	struct rules *rules;   /* or rsync's */
	size_t number;         /* which of the names it has */
	char *shown;           /* its path, for people */
};

struct scope {
	size_t skip; /* bytes of a path from the root to be left off, to have it from here */
	size_t n;
	struct scope_file files[];
};

static bool
refuse(struct run *run, const char *what, struct err err, const char *note)
{
	tell_operand_error(run, what, err, note);
	report_raise(run->report, EXIT_STOPPED);
	return false;
}

static struct err add_lines(struct run *run, struct rules *rules, char *text, const char *origin,
    const struct rules_file *form, int depth);

/* Read file FORM->name and add its rules. */
static struct err
add_file(struct run *run, struct rules *rules, const struct rules_file *form, int depth)
{
	own_mem char *text = NULL;
	size_t len;

	if (depth > NESTED_MAX)
		return err_make(ELOOP, OP_OPEN, SIDE_NONE, -1);
	TRY(fs_read_text(form->name, &text, &len));
	/* the name outlives its use as an origin: rules borrow it */
	char *origin = strdup(form->name);
	if (origin == NULL || !mirror_keep_text(run->mirror, origin))
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	return add_lines(run, rules, text, origin, form, depth);
}

/* Add the rules of TEXT, a line each. */
static struct err
add_lines(struct run *run, struct rules *rules, char *text, const char *origin,
    const struct rules_file *form, int depth)
{
	unsigned number = 0;

	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		struct rules_file file = { .name = "" };
		struct err err;

		number++;
		line[strcspn(line, "\r")] = '\0';
		if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
			continue;
		if (form->include || form->exclude)
			err = rules_add_pattern(rules, line, form->include, origin, number);
		else
			err = rules_add(rules, line, origin, number, &file);
		if (!err_failed(err) && file.name[0] != '\0')
			err = add_file(run, rules, &file, depth + 1);
		TRY(err);
	}
	return ERR_OK;
}

/* Add the option R. */
static struct err
add_option(struct run *run, struct rules *rules, const struct filter_rule *r)
{
	struct rules_file file = { .name = "" };

	switch (r->kind) {
	case RULE_EXCLUDE:
		return rules_add_pattern(rules, r->text, false, "--exclude", 0);
	case RULE_INCLUDE:
		return rules_add_pattern(rules, r->text, true, "--include", 0);
	case RULE_FILTER:
		TRY(rules_add(rules, r->text, "--filter", 0, &file));
		return file.name[0] != '\0' ? add_file(run, rules, &file, 1) : ERR_OK;
	case RULE_FILE:
	case RULE_INCLUDE_FILE:
		break;
	}
	file.include = r->kind == RULE_INCLUDE_FILE;
	file.exclude = !file.include;
	if (strlen(r->text) >= sizeof file.name)
		return err_make(ENAMETOOLONG, OP_OPEN, SIDE_NONE, -1);
	(void)snprintf(file.name, sizeof file.name, "%s", r->text);
	return add_file(run, rules, &file, 0);
}

bool
ignores_build(struct run *run)
{
	const struct select_opts *select = &run->copy->select;
	struct mirror *m = run->mirror;

	m->rules = rules_new();
	if (m->rules == NULL)
		return refuse(run, "", err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1), NULL);
	for (size_t i = 0; i < select->n_rules; i++) {
		struct err err = add_option(run, m->rules, &select->rules[i]);
		if (err.code == EINVAL)
			return refuse(run, select->rules[i].text,
			    err_make(EINVAL, OP_REFUSE, SIDE_SRC, -1), "it is no filter rule");
		if (err_failed(err))
			return refuse(run, select->rules[i].text, err, NULL);
	}
	return true;
}

void
ignores_release(struct run *run)
{
	rules_free(run->mirror->rules);
	run->mirror->rules = NULL;
}

void
scope_free(void *scope)
{
	struct scope *s = scope;

	for (size_t i = 0; s != NULL && i < s->n; i++) {
		filter_free(s->files[i].filter);
		rules_free(s->files[i].rules);
		free(s->files[i].shown);
	}
	free(s);
}

/* Read file NAME of directory DIR into *TEXT, NULL = it has none that is regular. */
static struct err
read_file(int dir, const char *name, char **text)
{
	own_fd fd = -1;
	struct stat st;
	size_t len = 0;

	*text = NULL;
	struct err err = dir_open_file(dir, name, false, &fd);
	if (err.code == ENOENT || err.code == ELOOP)
		return ERR_OK;
	TRY(err);
	TRY(file_stat(fd, SIDE_SRC, &st));
	if (!S_ISREG(st.st_mode))
		return ERR_OK;
	if (st.st_size > RULES_FILE_MAX)
		return err_make(EFBIG, OP_READ, SIDE_SRC, -1);
	own_mem char *buf = malloc((size_t)st.st_size + 1);
	if (buf == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t got = 1; len < (size_t)st.st_size && got > 0; len += got)
		TRY(file_pread(fd, buf + len, (size_t)st.st_size - len, (int64_t)len, &got));
	buf[len] = '\0';
	*text = buf;
	buf = NULL;
	return ERR_OK;
}

/* Append to S what file NAME of N says; MERGE is NULL for gitignore's language. */
static struct err
load(struct worker *w, struct node *n, struct scope *s, const char *name,
    const struct rules_merge *merge)
{
	struct scope_file *f = &s->files[s->n];
	own_mem char *text = NULL;

	TRY(read_file(n->src_fd, name, &text));
	if (text == NULL)
		return ERR_OK;
	*f = (struct scope_file){ .number = merge != NULL ? merge->number : 0 };
	s->n++;
	node_src_path(n, name, &w->src);
	f->shown = strdup(w->src.buf);
	if (f->shown == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	if (merge == NULL) {
		f->filter = filter_new();
		return f->filter == NULL ? err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1)
					 : filter_add_file(f->filter, text, strlen(text));
	}
	struct rules_file form = { .include = merge->include, .exclude = merge->exclude };
	f->rules = rules_new();
	return f->rules == NULL ? err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1)
				: add_lines(w->run, f->rules, text, f->shown, &form, 0);
}

void
ignores_enter(struct worker *w, struct node *n)
{
	const struct ignore_opts *opts = &w->run->mirror->opts->ignore;
	struct entry self = { .dir = n->parent, .src_name = n->src_name, .name = n->name };
	size_t n_merges;
	const struct rules_merge *merges = rules_merges(w->run->mirror->rules, &n_merges);
	struct err err = ERR_OK;

	if (n_merges + opts->n_files == 0)
		return;
	struct scope *s =
	    calloc(1, sizeof *s + (n_merges + opts->n_files) * sizeof(struct scope_file));
	if (s == NULL)
		err = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t i = 0; !err_failed(err) && i < n_merges; i++)
		err = load(w, n, s, merges[i].name, &merges[i]);
	for (size_t i = 0; !err_failed(err) && i < opts->n_files; i++)
		err = load(w, n, s, opts->files[i], NULL);
	if (err_failed(err)) {
		/* what is to be left out is not known: nothing that is there may be deleted for it */
		n->partial = true;
		tell_error(w, &self, err, "its rules of what to leave out");
	}
	if (s != NULL && s->n == 0) {
		scope_free(s);
		return;
	}
	if (s == NULL)
		return;
	node_rel_path(n, NULL, &w->rel);
	s->skip = w->rel.len == 0 || strcmp(w->rel.buf, ".") == 0 ? 0 : w->rel.len + 1;
	n->scope = s;
	n->free_scope = scope_free;
}

/* An entry that is asked about, by its path from the root of the transfer. */
struct asked {
	const struct node *dir;
	struct rules_entry e;
	enum rules_side side;
	struct ignores_why *why;
	bool deeper; /* it is in a directory below DIR that only the destination has */
};

static bool
say(const struct asked *a, struct ignores_why why)
{
	if (a->why != NULL)
		*a->why = why;
	return !why.included;
}

static struct ignores_why
why_of(const struct rules_answer *r)
{
	return (struct ignores_why){ r->text, r->origin, r->line, r->what == RULES_INCLUDE };
}

/* Ask the files MERGE of the directories from A's upwards; true if one decides, with *OUT. */
static bool
ask_merges(const struct asked *a, const struct rules_merge *merge, bool *out)
{
	for (const struct node *n = a->dir; n != NULL; n = n->parent) {
		const struct scope *s = n->scope;

		if (merge->own && (n != a->dir || a->deeper))
			return false;
		for (size_t i = 0; s != NULL && i < s->n; i++) {
			if (s->files[i].rules == NULL || s->files[i].number != merge->number)
				continue;
			struct rules_entry e = a->e;
			e.path += s->skip;
			struct rules_answer r = rules_ask(s->files[i].rules, 0, &e, a->side);
			if (r.what == RULES_INCLUDE || r.what == RULES_EXCLUDE) {
				*out = say(a, why_of(&r));
				return true;
			}
		}
	}
	return false;
}

/* Ask the files in gitignore's language likewise. */
static bool
ask_filters(const struct asked *a, bool *out)
{
	for (const struct node *n = a->dir; n != NULL; n = n->parent) {
		const struct scope *s = n->scope;

		for (size_t i = s != NULL ? s->n : 0; i-- > 0;) {
			if (s->files[i].filter == NULL)
				continue;
			const char *path = a->e.path + s->skip;
			struct filter_entry e = { path, strlen(path), a->e.name, a->e.is_dir };
			unsigned line = 0;
			enum filter_verdict v = filter_ask(s->files[i].filter, &e, &line);
			if (v == FILTER_SILENT)
				continue;
			*out = say(a, (struct ignores_why){
					  NULL, s->files[i].shown, line, v == FILTER_INCLUDES });
			return true;
		}
	}
	return false;
}

/* Whether directory NAME below DIR is marked as one to be left out. */
static bool
ask_marks(const struct asked *a, const struct ignore_opts *opts, int dir, const char *name)
{
	own_fd fd = -1;
	struct stat st;
	own_mem char *text = NULL;

	if (!a->e.is_dir || (opts->n_marks == 0 && !opts->caches) || dir == -1 ||
	    strchr(name, '/') != NULL || err_failed(dir_open(dir, name, SIDE_SRC, &fd)))
		return false;
	for (size_t i = 0; i < opts->n_marks; i++) {
		if (!err_failed(dir_stat(fd, opts->marks[i], false, SIDE_SRC, &st)))
			return say(a, (struct ignores_why){
					  opts->marks[i], "--exclude-if-present", 0, false });
	}
	if (opts->caches && !err_failed(read_file(fd, "CACHEDIR.TAG", &text)) && text != NULL &&
	    strncmp(text, cache_mark, sizeof cache_mark - 1) == 0)
		return say(a, (struct ignores_why){ "CACHEDIR.TAG", "--exclude-caches", 0, false });
	return false;
}

bool
ignores_any(const struct run *run)
{
	const struct ignore_opts *opts = &run->mirror->opts->ignore;

	return run->filter != NULL ||
	       rules_count(run->mirror->rules) + opts->n_files + opts->n_marks + opts->caches > 0;
}

bool
ignores_ask(struct worker *w, const struct node *dir, const char *name, bool is_dir,
    enum rules_side side, struct ignores_why *why)
{
	const struct mirror *m = w->run->mirror;
	const struct ignore_opts *opts = &m->opts->ignore;
	struct asked a = { .dir = dir, .side = side, .why = why };
	bool out = false;

	if (why != NULL)
		*why = (struct ignores_why){ .included = true };
	if (!ignores_any(w->run))
		return false;
	node_rel_path(dir, name, &w->rel);
	const char *slash = strrchr(name, '/');
	a.deeper = slash != NULL;
	a.e = (struct rules_entry){ w->rel.buf, slash != NULL ? slash + 1 : name, is_dir };
	if (strncmp(a.e.path, "./", 2) == 0)
		a.e.path += 2;
	/* in a sync that is part of another verb, that verb's own rules decide */
	if (w->run->filter != NULL)
		return filter_excludes(
		    w->run->filter, a.e.path, strlen(a.e.path), a.e.name, is_dir);
	for (size_t at = 0;;) {
		struct rules_answer r = rules_ask(m->rules, at, &a.e, side);
		if (r.what == RULES_NO_MATCH)
			break;
		if (r.what != RULES_ASK)
			return say(&a, why_of(&r));
		if (ask_merges(&a, r.merge, &out))
			return out;
		at = r.next;
	}
	if (side == RULES_PROTECT)
		return false;
	if (ask_filters(&a, &out))
		return out;
	return ask_marks(&a, opts, dir->src_fd, name);
}

bool
ignores_size(const struct run *run, const struct stat *st)
{
	const struct ignore_opts *opts = &run->mirror->opts->ignore;

	return S_ISREG(st->st_mode) &&
	       ((opts->max_size_given && st->st_size > opts->max_size) ||
		   st->st_size < opts->min_size ||
		   (opts->newer_given && st->st_mtim.tv_sec < opts->newer_s));
}
