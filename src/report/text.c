/* SPDX-License-Identifier: BSD-2-Clause */
/* Events as lines for people, written while the run goes on. */
#include "report/text.h"

#include "base/size.h"
#include "report/listing.h"
#include "report/outcome.h"

#include <errno.h>
#include <string.h>

#define BOLD_RED "1;31"

/* Append " (NOTE)", or nothing. */
static void
add_note(struct str *s, const char *note)
{
	if (note == NULL)
		return;
	str_adds(s, " (");
	str_add_text(s, note, strlen(note));
	str_addc(s, ')');
}

/* Whether the note of EV, an error, is the whole reason. */
static bool
says_all(const struct event *ev)
{
	return (ev->err.op == OP_REFUSE || ev->err.op == OP_STAGE) && ev->note != NULL;
}

void
text_add_failure(struct str *s, const struct event *ev, const char *name)
{
	str_adds(s, name != NULL ? err_phrase(ev->err) : err_op_name(ev->err));
	if (name != NULL) {
		str_addc(s, ' ');
		str_add_quoted(s, name, strlen(name));
	}
	if (says_all(ev)) {
		str_adds(s, ": ");
		str_add_text(s, ev->note, strlen(ev->note));
		return;
	}
	/* the phrase says it all: ESTALE and EBADMSG are only our codes for it */
	if (ev->err.op != OP_CHANGED && ev->err.op != OP_VERIFY)
		str_addf(s, ": %s", err_reason(ev->err));
	add_note(s, ev->note);
}

/* What a destination that takes no more is like, NULL = this error is not of that kind. */
static const char *
lost_destination(struct err e)
{
	switch (e.code) {
	case ENOSPC:
		return "is full";
	case EDQUOT:
		return "is over its quota";
	case EROFS:
		return "is read-only";
	default:
		return NULL;
	}
}

/* Append " (needs 4.2 GiB more)" when the walk is done, so that the figure is a total. */
static void
add_missing(struct str *s, struct live *live)
{
	int64_t more = live->bytes_found - live->bytes_done;
	char size[SIZE_TEXT];

	if (live->walked && more > 0)
		str_addf(s, " (needs %s more)", size_format(size, more));
}

static void
add_stopped(
    struct str *s, const struct report_opts *opts, const struct event *ev, struct live *live)
{
	const char *state = lost_destination(ev->err);
	const char *root = ev->root != NULL ? ev->root : opts->dst;

	str_adds(s, "stopped: ");
	if (state == NULL || ev->err.side != SIDE_DST || root == NULL) {
		text_add_failure(s, ev, event_name(ev));
		return;
	}
	str_add_shown(s, root, strlen(root));
	str_addf(s, " %s", state);
	if (ev->note != NULL)
		add_note(s, ev->note);
	else if (ev->err.code == ENOSPC)
		add_missing(s, live);
}

/* Append "stage 'zstd -3' exited with status 1". */
static void
add_stage(struct str *s, const struct event *ev)
{
	str_adds(s, "stage ");
	str_add_quoted(s, ev->src, strlen(ev->src));
	str_addc(s, ' ');
	str_add_text(s, ev->note, strlen(ev->note));
}

/* Whether EV is a warning, which -q silences, and one that is worth a line. */
static bool
is_said(const struct report_opts *opts, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_ERROR:
	case EVENT_STAGE:
	case EVENT_BRAKE:
		return true;
	case EVENT_LOST:
	case EVENT_NOTE:
		return !opts->quiet;
	case EVENT_VANISHED:
		/* by itself no failure, and success is silent */
		return opts->strict || (opts->verbose && !opts->quiet);
	default:
		return false;
	}
}

/* Color what S has from AT on, up to the first blank. */
static void
paint_word(struct str *s, size_t at, const char *color)
{
	struct str rest = STR_INIT;

	if (s->failed)
		return;
	str_add(&rest, s->buf + at, s->len - at);
	str_addc(&rest, '\0');
	if (!rest.failed) {
		size_t len = strcspn(rest.buf, " ");
		s->len = at;
		str_addf(s, "\033[%sm", color);
		str_add(s, rest.buf, len);
		str_adds(s, "\033[0m");
		str_add(s, rest.buf + len, rest.len - 1 - len);
	}
	str_release(&rest);
}

void
text_event(struct str *s, const struct report_opts *opts, const struct event *ev, struct live *live)
{
	const char *name = event_name(ev);

	if (!is_said(opts, ev))
		return;
	str_addf(s, "%s: ", opts->program);
	size_t at = s->len;
	if (ev->kind == EVENT_NOTE || ev->kind == EVENT_BRAKE) {
		str_add_text(s, ev->note, strlen(ev->note));
	} else if (ev->kind == EVENT_STAGE) {
		add_stage(s, ev);
	} else if (ev->kind == EVENT_VANISHED && name != NULL) {
		str_add_quoted(s, name, strlen(name));
		str_adds(s, " vanished before it was read");
	} else if (ev->kind == EVENT_ERROR && ev->fatal) {
		add_stopped(s, opts, ev, live);
	} else {
		text_add_failure(s, ev, name);
	}
	if (opts->io.stderr_colored && (ev->kind == EVENT_ERROR || ev->kind == EVENT_BRAKE))
		paint_word(s, at, BOLD_RED);
	str_addc(s, '\n');
	if (ev->kind == EVENT_BRAKE && ev->result != NULL)
		str_addf(s, "hint: %s\n", ev->result);
}

/* Append NAME shown safely and blanks up to WIDTH columns; a character is taken to be one wide. */
static void
add_column(struct str *s, const char *name, int width)
{
	size_t from = s->len;
	int used = 0;

	str_add_shown(s, name, strlen(name));
	for (size_t i = from; i < s->len; i++)
		used += ((unsigned char)s->buf[i] & 0xc0) != 0x80;
	for (; used < width; used++)
		str_addc(s, ' ');
}

static void
add_verbose(struct str *s, const struct report_opts *opts, const struct event *ev)
{
	const char *dst = ev->dst != NULL ? ev->dst : ev->path;

	if (ev->kind != EVENT_ITEM || ev->action == ACTION_UNCHANGED)
		return;
	if (ev->action == ACTION_DELETED || ev->src == NULL) {
		str_adds(s, ev->action == ACTION_DELETED ? "removed " : "-> ");
	} else {
		str_add_quoted(s, ev->src, strlen(ev->src));
		str_adds(s, " -> ");
	}
	str_add_quoted(s, dst, strlen(dst));
	if (ev->backup != NULL) {
		str_adds(s, " (backup: ");
		str_add_quoted(s, ev->backup, strlen(ev->backup));
		str_addc(s, ')');
	}
	str_addc(s, opts->end);
}

/* The mark and the word of an itemized line, and the color of the mark (ECMA-48 8.3.117). */
struct item_word {
	char mark;
	const char *word;
	const char *color;
};

static const struct item_word item_words[ACTION_N] = {
	[ACTION_NEW] = { '+', "new", "32" },
	[ACTION_CHANGED] = { '~', "content", "33" },
	[ACTION_ATTRIBUTES] = { '.', "attributes", "36" },
	[ACTION_LINKED] = { '>', "hard link", "36" },
	[ACTION_UNCHANGED] = { '=', "unchanged", "2" },
	[ACTION_DELETED] = { '-', "delete", "31" },
	[ACTION_MISSING] = { '-', "missing", "31" },
	[ACTION_EXTRA] = { '+', "extra", "32" },
};
static const struct item_word error_word = { '!', "error", BOLD_RED };

/* Append the last column of an itemized line: why, where to, or what went wrong. */
static void
add_remark(struct str *s, const struct event *ev)
{
	if (ev->kind == EVENT_ERROR) {
		str_adds(s, "  ");
		if (says_all(ev))
			str_add_text(s, ev->note, strlen(ev->note));
		else if (ev->err.op == OP_CHANGED || ev->err.op == OP_VERIFY)
			str_adds(s, err_group_words(err_group(ev->err)));
		else
			str_addf(s, "%s: %s", err_phrase(ev->err), err_reason(ev->err));
	} else if (ev->note != NULL && ev->action == ACTION_LINKED) {
		str_adds(s, "  -> ");
		str_add_shown(s, ev->note, strlen(ev->note));
	} else if (ev->note != NULL) {
		str_adds(s, "  ");
		str_add_text(s, ev->note, strlen(ev->note));
	}
	if (ev->kind == EVENT_ITEM && ev->hash != NULL)
		str_addf(s, "  %s", ev->hash);
}

/* What people are told of EV's path; OTHER when it has none. */
static const char *
shown_path(const struct event *ev, const char *other)
{
	const char *path = ev->root != NULL ? ev->dst : ev->path;

	return path != NULL ? path : other;
}

/* Append one itemized line; with -0 the name is raw and last. */
static void
add_itemized(struct str *s, const struct report_opts *opts, const struct event *ev)
{
	bool failed = ev->kind == EVENT_ERROR;
	const char *path = shown_path(ev, event_name(ev));
	bool sized = !failed && ev->what == KIND_FILE && ev->action != ACTION_ATTRIBUTES &&
		     ev->action != ACTION_LINKED;
	bool remarked = failed || ev->note != NULL || ev->hash != NULL;
	char size[SIZE_TEXT] = "";

	if (path == NULL || (!failed && ev->action == ACTION_UNCHANGED && !opts->unchanged))
		return;
	const struct item_word *as = failed ? &error_word : &item_words[ev->action];
	size_t at = s->len;
	str_addf(s, "%c %-10s%10s  ", as->mark, as->word, sized ? size_format(size, ev->size) : "");
	/* with -0 the lines are a program's */
	if (opts->io.stdout_colored && opts->end != '\0')
		paint_word(s, at, as->color);
	if (opts->end == '\0') {
		str_adds(s, path);
	} else {
		add_column(s, path, remarked ? 21 : 0);
		add_remark(s, ev);
	}
	str_addc(s, opts->end);
}

/* What was done to an entry, in one word. */
static const char *
explain_verb(const struct event *ev)
{
	static const char *const by_action[ACTION_N] = { "made", "made", "set", "linked", "kept",
		"gone", "missing", "extra" };

	switch (ev->moved.method) {
	case METHOD_CLONE:
		return "cloned";
	case METHOD_COPY_RANGE:
	case METHOD_SENDFILE:
	case METHOD_BUFFER:
	case METHOD_COMMAND:
		return "copied";
	case METHOD_UPDATE:
		return "updated";
	case METHOD_LINK:
		return "linked";
	default:
		return by_action[ev->action];
	}
}

/* By what means, for people. */
static const char *
explain_means(const struct event *ev)
{
	switch (ev->moved.method) {
	case METHOD_CLONE:
		return "FICLONE";
	case METHOD_UPDATE:
		return "blocks that differ";
	case METHOD_BUFFER:
		return "buffers";
	case METHOD_COPY_RANGE:
	case METHOD_SENDFILE:
	case METHOD_COMMAND:
		return method_name(ev->moved.method);
	case METHOD_LINK:
		return "hard link";
	default:
		return item_kind_name(ev->what);
	}
}

/* Append "hash xxh128, sha256 in between": of what the digests are. */
static void
add_hashed(struct str *s, const struct event *ev)
{
	const char *before = "hash ";

	for (const char *at = ev->hash; *at != '\0';) {
		size_t name = strcspn(at, ":");
		str_adds(s, before);
		str_add(s, at, name);
		before = ", ";
		at += strcspn(at, ",");
		at += *at == ',';
	}
	if (ev->moved.method != METHOD_NONE)
		str_adds(s, ev->moved.method == METHOD_CLONE ? " of the clone" : " in between");
}

/* Append " (no reflink: other file system; NOTE; HASH)", as far as there is something to say. */
static void
add_explanation(struct str *s, const struct event *ev)
{
	const struct moved *m = &ev->moved;
	struct err refusal = err_make(m->refusal, OP_CLONE, SIDE_NONE, -1);
	bool refused = m->refused != METHOD_NONE && m->refusal != 0;

	const char *before = " (";

	if (refused) {
		str_addf(s, "%sno %s: %s", before, method_name(m->refused),
		    m->refusal == EXDEV ? "other file system" : err_reason(refusal));
		before = "; ";
	}
	if (ev->note != NULL) {
		str_adds(s, before);
		str_add_text(s, ev->note, strlen(ev->note));
		before = "; ";
	}
	if (ev->hash != NULL) {
		str_adds(s, before);
		add_hashed(s, ev);
	}
	if (refused || ev->note != NULL || ev->hash != NULL)
		str_addc(s, ')');
}

/* How content was read back, for people. */
static const char *
verified_words(const char *verified)
{
	if (strcmp(verified, "shared") == 0)
		return "shared, not verified";
	return strcmp(verified, "cold") == 0 ? "verified, past the cache"
					     : "verified, perhaps from the cache";
}

static void
add_explained(struct str *s, const struct event *ev)
{
	const char *path = shown_path(ev, ev->dst);
	char size[SIZE_TEXT] = "";

	if (ev->kind != EVENT_ITEM || path == NULL)
		return;
	add_column(s, path, 13);
	str_addf(s, "%10s  %-6s  %s", ev->what == KIND_FILE ? size_format(size, ev->size) : "",
	    explain_verb(ev), explain_means(ev));
	add_explanation(s, ev);
	if (ev->verified != NULL)
		str_addf(s, "; %s", verified_words(ev->verified));
	str_addc(s, '\n');
}

void
text_item(struct str *s, const struct report_opts *opts, const struct event *ev)
{
	if (ev->kind == EVENT_RESULT)
		str_addf(s, "%s%c", ev->note, opts->end);
	if (ev->kind == EVENT_LISTED) {
		listing_text(s, ev->listed);
		str_addc(s, '\n');
	}
	if (ev->kind != EVENT_ITEM && ev->kind != EVENT_ERROR)
		return;
	if (opts->verbose && !opts->itemize)
		add_verbose(s, opts, ev);
	if (opts->itemize)
		add_itemized(s, opts, ev);
	if (opts->explain)
		add_explained(s, ev);
}

void
text_print0(struct str *s, const struct report_opts *opts, const struct event *ev)
{
	const char *name = ev->src != NULL ? ev->src : ev->path;
	bool asked = false;

	if (opts->print0 == PRINT0_FAILED)
		asked = ev->kind == EVENT_ERROR;
	else if (opts->print0 == PRINT0_SKIPPED)
		asked = ev->kind == EVENT_ITEM && ev->action == ACTION_UNCHANGED;
	else if (opts->print0 == PRINT0_DONE && !opts->dry_run)
		asked = ev->kind == EVENT_ITEM && ev->action != ACTION_UNCHANGED &&
			ev->action != ACTION_DELETED;
	if (asked && name != NULL)
		str_add(s, name, strlen(name) + 1);
}
