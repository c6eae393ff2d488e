/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of filter rules, and how they are written down. */
#include "tree/filter.h"

#include "base/own.h"
#include "tree/glob.h"

#include <errno.h>
#include <string.h>

enum {
	RULES_MIN = 16, /* chosen: room for the rules of most command lines at once */
};

struct rule {
	struct glob glob;
	bool include;  /* brings a name back instead of leaving it out */
	bool dir_only; /* for directories only */
	bool anchored; /* matched against the path, not against the base name */
	unsigned line; /* in the file that it is in */
};

struct filter {
	struct rule *rules; /* rules[count], owned, in the order in which they were given */
	size_t count;
	size_t cap;
	bool needs_path; /* some rule is anchored */
};

struct filter *
filter_new(void)
{
	return calloc(1, sizeof(struct filter));
}

void
filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->count; i++)
		glob_release(&f->rules[i].glob);
	free(f->rules);
	free(f);
}

static struct err
reserve_rule(struct filter *f)
{
	if (f->count < f->cap)
		return ERR_OK;

	size_t cap = f->cap == 0 ? RULES_MIN : f->cap * 2;
	struct rule *rules = reallocarray(f->rules, cap, sizeof(*rules));
	if (rules == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	f->rules = rules;
	f->cap = cap;
	return ERR_OK;
}

struct err
filter_add(struct filter *f, const char *pattern, size_t len, bool include)
{
	struct rule rule = { .include = include };

	if (len > 0 && pattern[len - 1] == '/') {
		rule.dir_only = true;
		len--;
	}
	rule.anchored = memchr(pattern, '/', len) != NULL;
	if (len > 0 && pattern[0] == '/') {
		pattern++;
		len--;
	}
	TRY(reserve_rule(f));
	TRY(glob_compile(&rule.glob, pattern, len));
	if (!rule.glob.valid) {
		glob_release(&rule.glob);
		return ERR_OK;
	}
	f->rules[f->count++] = rule;
	f->needs_path = f->needs_path || rule.anchored;
	return ERR_OK;
}

/* The length of LINE[len] without the spaces at its end that no backslash protects. */
static size_t
trim_spaces(const char *line, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\\' && i + 1 < len)
			i++;
		else if (line[i] == ' ')
			continue;
		kept = i + 1;
	}
	return kept;
}

static struct err
add_line(struct filter *f, const char *line, size_t len)
{
	if (len > 0 && line[len - 1] == '\r')
		len--;
	len = trim_spaces(line, len);
	if (len == 0 || line[0] == '#')
		return ERR_OK;

	bool include = line[0] == '!';
	return filter_add(f, line + include, len - include, include);
}

struct err
filter_add_file(struct filter *f, const char *text, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf";
	const char *end = text + len;

	if (len >= strlen(bom) && memcmp(text, bom, strlen(bom)) == 0)
		text += strlen(bom);
	for (unsigned line = 1; text < end; line++) {
		size_t before = f->count;
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		if (eol == NULL)
			eol = end;
		TRY(add_line(f, text, (size_t)(eol - text)));
		if (f->count > before)
			f->rules[before].line = line;
		text = eol == end ? end : eol + 1;
	}
	return ERR_OK;
}

bool
filter_needs_path(const struct filter *f)
{
	return f->needs_path;
}

enum filter_verdict
filter_ask(const struct filter *f, const struct filter_entry *e, unsigned *line)
{
	size_t name_len = strlen(e->name);

	BUG_ON(e->path == NULL && f->needs_path);
	for (size_t i = f->count; i-- > 0;) {
		const struct rule *rule = &f->rules[i];
		if (rule->dir_only && !e->is_dir)
			continue;
		if (rule->anchored ? glob_matches(&rule->glob, e->path, e->len)
				   : glob_matches(&rule->glob, e->name, name_len)) {
			*line = rule->line;
			return rule->include ? FILTER_INCLUDES : FILTER_EXCLUDES;
		}
	}
	return FILTER_SILENT;
}

bool
filter_excludes(const struct filter *f, const char *path, size_t len, const char *name, bool is_dir)
{
	struct filter_entry e = { path, len, name, is_dir };
	unsigned line;

	return filter_ask(f, &e, &line) == FILTER_EXCLUDES;
}
