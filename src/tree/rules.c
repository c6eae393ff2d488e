/* SPDX-License-Identifier: BSD-2-Clause */
/* rsync's filter rules: how they are written, and what they match. */
#include "tree/rules.h"

#include "base/own.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One rule. */
struct rule {
	char *text;                /* as it was given, owned */
	char *pattern;             /* without slashes at its ends, owned; NULL = a merge */
	struct rules_merge *merge; /* or files of directories, owned */
	const char *origin;
	unsigned line;
	unsigned sides; /* enum rules_side */
	bool include;
	bool dir_only;
	bool anchored; /* matches from the start of the path */
	bool negated;  /* matches what the pattern does not */
	bool on_path;  /* matches the end of the path, not the base name */
	bool wild;     /* the pattern has wildcards */
	bool below;    /* "***": matches what is below too */
};

struct rules {
	struct rule *rules; /* [count] */
	size_t count;
	size_t cap;
	struct rules_merge merges[16]; /* copies of those in the rules; names borrowed from there */
	size_t n_merges;
};

struct rules *
rules_new(void)
{
	return calloc(1, sizeof(struct rules));
}

static void
empty(struct rules *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->rules[i].text);
		free(r->rules[i].pattern);
		if (r->rules[i].merge != NULL)
			free(r->rules[i].merge->name);
		free(r->rules[i].merge);
	}
	r->count = 0;
	r->n_merges = 0;
}

void
rules_free(struct rules *r)
{
	if (r == NULL)
		return;
	empty(r);
	free(r->rules);
	free(r);
}

size_t
rules_count(const struct rules *r)
{
	return r->count;
}

const struct rules_merge *
rules_merges(const struct rules *r, size_t *n)
{
	*n = r->n_merges;
	return r->merges;
}

static struct err
no_memory(void)
{
	return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
}

/* Append RULE, whose TEXT is to be copied. */
static struct err
append(struct rules *r, const struct rule *rule, const char *text)
{
	if (r->count == r->cap) {
		size_t cap = r->cap == 0 ? 16 : r->cap * 2;
		struct rule *rules = reallocarray(r->rules, cap, sizeof *rules);
		if (rules == NULL)
			return no_memory();
		r->rules = rules;
		r->cap = cap;
	}
	r->rules[r->count] = *rule;
	r->rules[r->count].text = strdup(text);
	if (r->rules[r->count].text == NULL)
		return no_memory();
	r->count++;
	return ERR_OK;
}

/* Append RULE with PATTERN, whose slashes at the ends say how it matches. */
static struct err
append_pattern(struct rules *r, struct rule *rule, const char *pattern, const char *text)
{
	size_t len = strlen(pattern);

	if (len > 0 && pattern[0] == '/') {
		rule->anchored = true;
		pattern++;
		len--;
	}
	if (len > 4 && strcmp(pattern + len - 4, "/***") == 0) {
		rule->below = true;
		len -= 4;
	} else if (len > 0 && pattern[len - 1] == '/') {
		rule->dir_only = true;
		len--;
	}
	if (len == 0)
		return err_make(EINVAL, OP_NONE, SIDE_NONE, -1);
	rule->pattern = strndup(pattern, len);
	if (rule->pattern == NULL)
		return no_memory();
	rule->wild = strpbrk(rule->pattern, "*?[") != NULL;
	rule->on_path = rule->anchored || rule->below || strchr(rule->pattern, '/') != NULL ||
			strstr(rule->pattern, "**") != NULL;
	struct err err = append(r, rule, text);
	if (err_failed(err))
		free(rule->pattern);
	return err;
}

struct err
rules_add_pattern(
    struct rules *r, const char *pattern, bool include, const char *origin, unsigned line)
{
	struct rule rule = {
		.origin = origin, .line = line, .sides = RULES_BOTH, .include = include
	};
	const char *text = pattern;

	if (strcmp(pattern, "!") == 0) {
		empty(r);
		return ERR_OK;
	}
	if ((pattern[0] == '+' || pattern[0] == '-') && pattern[1] == ' ') {
		rule.include = pattern[0] == '+';
		pattern += 2;
	}
	return append_pattern(r, &rule, pattern, text);
}

/* The kinds of rules, by their long and short names. */
static const struct kind {
	const char *name;
	char letter;
	bool include;
	unsigned sides;
} kinds[] = {
	{ "exclude", '-', false, RULES_BOTH },
	{ "include", '+', true, RULES_BOTH },
	{ "hide", 'H', false, RULES_SOURCE },
	{ "show", 'S', true, RULES_SOURCE },
	{ "protect", 'P', false, RULES_DEST | RULES_PROTECT },
	{ "risk", 'R', true, RULES_DEST | RULES_PROTECT },
	{ "merge", '.', false, RULES_BOTH },
	{ "dir-merge", ':', false, RULES_BOTH },
	{ "clear", '!', false, RULES_BOTH },
};

/* Find the kind that TEXT begins with; *REST is what follows it. */
static const struct kind *
find_kind(const char *text, const char **rest)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i].name);

		if (strncmp(text, kinds[i].name, len) == 0 &&
		    (text[len] == '\0' || strchr(" _,", text[len]) != NULL)) {
			*rest = text + len + (text[len] == ',');
			return &kinds[i];
		}
		if (text[0] == kinds[i].letter) {
			*rest = text + 1 + (text[1] == ',');
			return &kinds[i];
		}
	}
	return NULL;
}

static struct err
append_merge(struct rules *r, struct rule *rule, const struct rules_merge *like, const char *text)
{
	if (r->n_merges == sizeof(r->merges) / sizeof(r->merges[0]))
		return err_make(E2BIG, OP_NONE, SIDE_NONE, -1);
	rule->merge = malloc(sizeof *rule->merge);
	if (rule->merge == NULL)
		return no_memory();
	*rule->merge = *like;
	rule->merge->number = r->n_merges;
	/* a slash in front, as -F has it, asks for files above the root as well: there are none */
	rule->merge->name = strdup(like->name + (like->name[0] == '/'));
	struct err err = rule->merge->name != NULL ? append(r, rule, text) : no_memory();
	if (err_failed(err)) {
		free(rule->merge->name);
		free(rule->merge);
		return err;
	}
	r->merges[r->n_merges++] = *rule->merge;
	return ERR_OK;
}

/* Obey modifier C of RULE or MERGE; false if it is none. */
static bool
modify(char c, struct rule *rule, struct rules_merge *merge, bool is_merge)
{
	switch (c) {
	case '!':
		rule->negated = true;
		return !is_merge;
	case '/':
		return true;
	case 's':
		rule->sides = RULES_SOURCE;
		return true;
	case 'r':
		rule->sides = RULES_DEST | RULES_PROTECT;
		return true;
	case 'p':
		return true;
	case '-':
		merge->exclude = true;
		return is_merge;
	case '+':
		merge->include = true;
		return is_merge;
	case 'n':
		merge->own = true;
		return is_merge;
	case 'e':
		merge->hidden = true;
		return is_merge;
	default:
		return false;
	}
}

struct err
rules_add(
    struct rules *r, const char *text, const char *origin, unsigned line, struct rules_file *file)
{
	struct err malformed = err_make(EINVAL, OP_NONE, SIDE_NONE, -1);
	struct rules_merge merge = { 0 };
	const char *rest = NULL;
	const struct kind *kind = find_kind(text, &rest);

	file->name[0] = '\0';
	if (kind == NULL)
		return malformed;
	struct rule rule = {
		.origin = origin, .line = line, .sides = kind->sides, .include = kind->include
	};
	if (kind->letter == '!') {
		empty(r);
		return ERR_OK;
	}
	bool is_merge = kind->letter == '.' || kind->letter == ':';
	for (; *rest != '\0' && *rest != ' ' && *rest != '_'; rest++) {
		if (!modify(*rest, &rule, &merge, is_merge))
			return malformed;
	}
	if (*rest == '\0' || rest[1] == '\0')
		return malformed;
	rest++;
	if (kind->letter == '.') {
		if (strlen(rest) >= sizeof file->name)
			return err_make(ENAMETOOLONG, OP_NONE, SIDE_NONE, -1);
		(void)snprintf(file->name, sizeof file->name, "%s", rest);
		file->include = merge.include;
		file->exclude = merge.exclude;
		return ERR_OK;
	}
	if (kind->letter == ':') {
		own_mem char *name = strdup(rest);
		merge.name = name;
		if (name == NULL)
			return no_memory();
		if (strchr(name + 1, '/') != NULL)
			return malformed;
		return append_merge(r, &rule, &merge, text);
	}
	return append_pattern(r, &rule, rest, text);
}

/* Whether the set at P, behind its '[', has C; *END is behind its ']', NULL = it has none. */
static bool
in_set(const char *p, unsigned char c, const char **end)
{
	bool not = *p == '!' || *p == '^';
	bool has = false;

	p += not ;
	for (const char *start = p; *p != '\0' && (*p != ']' || p == start); p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		unsigned char low = (unsigned char)*p;
		unsigned char high = low;
		if (p[1] == '-' && p[2] != ']' && p[2] != '\0') {
			high = (unsigned char)p[2];
			p += 2;
		}
		has = has || (low <= c && c <= high);
	}
	*end = *p == ']' ? p + 1 : NULL;
	return has != not &&c != '/';
}

/* Whether the single-byte pattern at *P, no star, matches C; *P is moved behind it. */
static bool
matches_one(const char **p, unsigned char c)
{
	const char *end;

	switch (**p) {
	case '?':
		++*p;
		return c != '/';
	case '[': {
		bool has = in_set(*p + 1, c, &end);
		if (end == NULL)
			break;
		*p = end;
		return has;
	}
	case '\\':
		*p += (*p)[1] != '\0';
		break;
	default:
		break;
	}
	return (unsigned char)*(*p)++ == c;
}

bool
rules_wild(const char *pattern, const char *text)
{
	/* where to go on after a star, which then takes one byte more; the latest of each kind suffices */
	const char *star = NULL, *star_text = NULL;
	const char *deep = NULL, *deep_text = NULL;

	for (;;) {
		if (pattern[0] == '*' && pattern[1] == '*') {
			pattern += strspn(pattern, "*");
			deep = pattern;
			deep_text = text;
			star = NULL;
			continue;
		}
		if (pattern[0] == '*') {
			star = ++pattern;
			star_text = text;
			continue;
		}
		const char *next = pattern;
		if (*text == '\0' && *pattern == '\0')
			return true;
		if (*text != '\0' && *pattern != '\0' && matches_one(&next, (unsigned char)*text)) {
			pattern = next;
			text++;
			continue;
		}
		if (star != NULL && *star_text != '\0' && *star_text != '/') {
			pattern = star;
			text = ++star_text;
			continue;
		}
		if (deep == NULL || *deep_text == '\0')
			return false;
		star = NULL;
		pattern = deep;
		text = ++deep_text;
	}
}

static bool
is_like(const struct rule *rule, const char *text)
{
	return rule->wild ? rules_wild(rule->pattern, text) : strcmp(rule->pattern, text) == 0;
}

/* Whether RULE matches PATH, or its end. */
static bool
matches_path(const struct rule *rule, const char *path)
{
	if (rule->anchored)
		return is_like(rule, path);
	/* "**" in front may stand for nothing before a slash */
	if (strncmp(rule->pattern, "**/", 3) == 0) {
		struct rule rest = *rule;
		rest.pattern += strspn(rest.pattern, "*") + 1;
		if (matches_path(&rest, path))
			return true;
	}
	for (;;) {
		if (is_like(rule, path))
			return true;
		const char *slash = strchr(path, '/');
		if (slash == NULL)
			return false;
		path = slash + 1;
	}
}

/* Whether RULE matches a directory that PATH is below. */
static bool
matches_above(const struct rule *rule, const char *path)
{
	own_mem char *above = strdup(path);

	if (above == NULL)
		return false;
	for (char *slash; (slash = strrchr(above, '/')) != NULL;) {
		*slash = '\0';
		if (matches_path(rule, above))
			return true;
	}
	return false;
}

static bool
matches(const struct rule *rule, const struct rules_entry *e)
{
	if (rule->dir_only && !e->is_dir)
		return false;
	if (!rule->on_path)
		return is_like(rule, e->name);
	if (rule->below)
		return (e->is_dir && matches_path(rule, e->path)) || matches_above(rule, e->path);
	return matches_path(rule, e->path);
}

struct rules_answer
rules_ask(const struct rules *r, size_t from, const struct rules_entry *e, enum rules_side side)
{
	for (size_t i = from; i < r->count; i++) {
		const struct rule *rule = &r->rules[i];
		struct rules_answer answer = {
			.what = rule->include ? RULES_INCLUDE : RULES_EXCLUDE,
			.text = rule->text,
			.origin = rule->origin,
			.line = rule->line,
			.merge = rule->merge,
			.next = i + 1,
		};

		if (rule->merge != NULL) {
			answer.what = RULES_ASK;
			if (rule->merge->hidden && strcmp(rule->merge->name, e->name) == 0)
				answer.what = RULES_EXCLUDE;
			return answer;
		}
		if ((rule->sides & side) != 0 && matches(rule, e) != rule->negated)
			return answer;
	}
	return (struct rules_answer){ .what = RULES_NO_MATCH };
}
