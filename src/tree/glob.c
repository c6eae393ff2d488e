/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wildcard patterns as a list of tokens.
 *
 *   lib/[ab]*.c   'l' 'i' 'b' '/' set 0, STAR, '.' 'c'
 *
 * A failed match is resumed at the last STAR and, when its component has no bytes left for it, at
 * the last DIRS.  Going back further cannot help: what came before ends at the same place however
 * it was matched.  So no pair of token and byte is tried twice, and time is at most their product.
 */
#include "tree/glob.h"

#include "base/own.h"

#include <errno.h>
#include <string.h>

/* Tokens below TOKEN_ANY are a byte that must be there. */
enum {
	TOKEN_ANY = 0x100, /* one byte, not '/' */
	TOKEN_STAR,        /* any number of bytes, not '/' */
	TOKEN_DIRS,        /* any number of whole components, each with the '/' that ends it */
	TOKEN_REST,        /* all the rest, at least one byte */
	TOKEN_END,         /* the end of the pattern; never stored */
	TOKEN_SET,         /* TOKEN_SET + i: one byte of sets[i] */
};

/* The named classes within brackets: pairs of first and last byte, ASCII only as in gitignore. */
static const struct {
	const char *name;
	const char *ranges;
} classes[] = {
	{ "alnum", "09AZaz" },
	{ "alpha", "AZaz" },
	{ "blank", "\t\t  " },
	{ "cntrl", "\001\037\177\177" },
	{ "digit", "09" },
	{ "graph", "!~" },
	{ "lower", "az" },
	{ "print", " ~" },
	{ "punct", "!/:@[`{~" },
	{ "space", "\t\r  " },
	{ "upper", "AZ" },
	{ "xdigit", "09AFaf" },
};

/* What is left of the pattern while it is compiled. */
struct rest {
	const char *at;  /* the next byte */
	const char *end; /* one past the last byte */
};

static bool
rest_starts(const struct rest *r, const char *text)
{
	size_t len = strlen(text);
	return (size_t)(r->end - r->at) >= len && memcmp(r->at, text, len) == 0;
}

static void
set_add(struct glob_set *set, unsigned char first, unsigned char last)
{
	for (unsigned c = first; c <= last; c++)
		set->bits[c / 64] |= UINT64_C(1) << c % 64;
}

static bool
set_has(const struct glob_set *set, unsigned char c)
{
	return (set->bits[c / 64] >> c % 64 & 1) != 0;
}

/* Make SET what it does not accept; '/' separates components and is accepted by neither. */
static void
set_finish(struct glob_set *set, bool negated)
{
	for (size_t i = 0; negated && i < 4; i++)
		set->bits[i] = ~set->bits[i];
	set->bits['/' / 64] &= ~(UINT64_C(1) << '/' % 64);
}

/* Add the class NAME[len] to SET; false if there is no such class. */
static bool
set_add_class(struct glob_set *set, const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (strlen(classes[i].name) != len || memcmp(classes[i].name, name, len) != 0)
			continue;
		for (const char *p = classes[i].ranges; *p != '\0'; p += 2)
			set_add(set, (unsigned char)p[0], (unsigned char)p[1]);
		return true;
	}
	return false;
}

/* Take one byte off R, the one after a backslash if there is one; false at the end. */
static bool
take_byte(struct rest *r, unsigned char *c)
{
	if (r->at < r->end && *r->at == '\\')
		r->at++;
	if (r->at == r->end)
		return false;
	*c = (unsigned char)*r->at++;
	return true;
}

/* Take "[:name:]" off R if it starts with that and add it to SET: *TAKEN says whether it did. */
static bool
take_class(struct rest *r, struct glob_set *set, bool *taken)
{
	*taken = false;
	if (!rest_starts(r, "[:"))
		return true;

	const char *name = r->at + 2;
	const char *close = memchr(name, ']', (size_t)(r->end - name));
	if (close == NULL)
		return false;
	if (close == name || close[-1] != ':')
		return true; /* a '[' like any other byte, as in gitignore */
	*taken = true;
	r->at = close + 1;
	return set_add_class(set, name, (size_t)(close - 1 - name));
}

/* Take one byte or one range off R and add it to SET; false if the pattern ends within. */
static bool
take_range(struct rest *r, struct glob_set *set)
{
	unsigned char first, last;

	if (!take_byte(r, &first))
		return false;
	last = first;
	if (r->end - r->at >= 2 && r->at[0] == '-' && r->at[1] != ']') {
		r->at++;
		if (!take_byte(r, &last))
			return false;
		set_add(set, first, first); /* accepted even if the range is empty */
	}
	set_add(set, first, last);
	return true;
}

/* Take a bracket expression off R, its '[' already taken; false if it is malformed. */
static bool
take_set(struct rest *r, struct glob_set *set)
{
	bool negated = rest_starts(r, "!") || rest_starts(r, "^");
	bool first = true; /* a ']' that comes first stands for itself */

	r->at += negated;
	while (r->at < r->end && (first || *r->at != ']')) {
		bool taken;
		if (!take_class(r, set, &taken) || (!taken && !take_range(r, set)))
			return false;
		first = false;
	}
	if (r->at == r->end)
		return false;
	r->at++;
	set_finish(set, negated);
	return true;
}

/* Take a run of '*' off R, its first already taken; IN_FRONT: it starts a component. */
static uint32_t
take_stars(struct rest *r, bool in_front)
{
	bool several = rest_starts(r, "*");

	while (rest_starts(r, "*"))
		r->at++;
	if (!several || !in_front)
		return TOKEN_STAR;
	if (r->at == r->end)
		return TOKEN_REST;
	if (!rest_starts(r, "/") && !rest_starts(r, "\\/"))
		return TOKEN_STAR;
	r->at += *r->at == '\\' ? 2 : 1;
	return TOKEN_DIRS;
}

/* Compile all of R into G, whose arrays have room for it; false if it is malformed. */
static bool
compile(struct glob *g, struct rest *r)
{
	uint32_t sets = 0;
	uint32_t token = '/'; /* the one before: a pattern starts as a component does */

	while (r->at < r->end) {
		bool in_front = token == '/' || token == TOKEN_DIRS;
		unsigned char c;
		switch (*r->at) {
		case '*':
			r->at++;
			token = take_stars(r, in_front);
			break;
		case '?':
			r->at++;
			token = TOKEN_ANY;
			break;
		case '[':
			r->at++;
			if (!take_set(r, &g->sets[sets]))
				return false;
			token = TOKEN_SET + sets++;
			break;
		default:
			if (!take_byte(r, &c))
				return false;
			token = c;
			break;
		}
		g->tokens[g->count++] = token;
	}
	return g->count > 0;
}

struct err
glob_compile(struct glob *g, const char *pattern, size_t len)
{
	struct rest rest = { pattern, pattern + len };
	size_t brackets = 0;

	*g = (struct glob){ 0 };
	if (len == 0)
		return ERR_OK;
	if (len > UINT32_MAX - TOKEN_SET) /* the number of a set would not fit its token */
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t i = 0; i < len; i++)
		brackets += pattern[i] == '[';
	g->tokens = calloc(len, sizeof(*g->tokens));
	if (brackets > 0)
		g->sets = calloc(brackets, sizeof(*g->sets));
	if (g->tokens == NULL || (brackets > 0 && g->sets == NULL)) {
		glob_release(g);
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	}
	g->valid = compile(g, &rest);
	return ERR_OK;
}

void
glob_release(struct glob *g)
{
	free(g->tokens);
	free(g->sets);
	*g = (struct glob){ 0 };
}

static bool
token_accepts(const struct glob *g, uint32_t token, unsigned char c)
{
	if (token < TOKEN_ANY)
		return token == c;
	if (token == TOKEN_ANY)
		return c != '/';
	return token >= TOKEN_SET && set_has(&g->sets[token - TOKEN_SET], c);
}

/* A place to resume a match from, which takes a little more of the text each time. */
struct resume {
	bool armed;   /* there is such a place */
	size_t token; /* the token after the wildcard */
	size_t at;    /* where the wildcard's share of the text ends */
};

/* Give STAR one more byte, if its component has one. */
static bool
resume_star(struct resume *star, const char *text, size_t len)
{
	if (!star->armed || star->at == len || text[star->at] == '/')
		return false;
	star->at++;
	return true;
}

/* Give DIRS one more component, if there is one that does not end the text. */
static bool
resume_dirs(struct resume *dirs, const char *text, size_t len)
{
	const char *slash = dirs->armed ? memchr(text + dirs->at, '/', len - dirs->at) : NULL;

	if (slash == NULL)
		return false;
	dirs->at = (size_t)(slash - text) + 1;
	return true;
}

/* The commonest patterns end in ordinary bytes, and the last one rules out most names at once. */
static bool
can_match(const struct glob *g, const char *text, size_t len)
{
	if (!g->valid || len == 0)
		return false;

	uint32_t last = g->tokens[g->count - 1];
	return last >= TOKEN_ANY || last == (unsigned char)text[len - 1];
}

bool
glob_matches(const struct glob *g, const char *text, size_t len)
{
	struct resume star = { 0 }, dirs = { 0 };
	size_t t = 0, at = 0;

	if (!can_match(g, text, len))
		return false;
	for (;;) {
		uint32_t token = t < g->count ? g->tokens[t] : TOKEN_END;

		if ((token == TOKEN_END && at == len) || (token == TOKEN_REST && at < len))
			return true;
		if (token == TOKEN_STAR) {
			star = (struct resume){ true, ++t, at };
		} else if (token == TOKEN_DIRS) {
			dirs = (struct resume){ true, ++t, at };
			star.armed = false;
		} else if (at < len && token_accepts(g, token, (unsigned char)text[at])) {
			star.armed = star.armed && text[at] != '/';
			at++;
			t++;
		} else if (resume_star(&star, text, len)) {
			t = star.token;
			at = star.at;
		} else if (resume_dirs(&dirs, text, len)) {
			star.armed = false;
			t = dirs.token;
			at = dirs.at;
		} else {
			return false;
		}
	}
}
