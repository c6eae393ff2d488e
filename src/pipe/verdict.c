/* SPDX-License-Identifier: BSD-2-Clause */
/* Which end of a pipeline matters, which ends are let pass, and their words. */
#include "pipe/verdict.h"

#include "base/own.h"
#include "pipe/archive.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

/* What a look at all verdicts, last to first, has found. */
struct scan {
	int chosen; /* index of the verdict that matters, -1 = none */
	bool early; /* the first of those looked at ended early, or because of one that did */
};

static struct scan
scan(const struct verdict *all, size_t n)
{
	struct scan found = { .chosen = -1 };
	int start = -1;

	for (size_t i = n; i-- > 0;) {
		switch (all[i].kind) {
		case VERDICT_OK:
			found.early = false;
			break;
		case VERDICT_EARLY:
			found.early = true;
			break;
		case VERDICT_PIPE:
			if (!found.early && found.chosen < 0)
				found.chosen = (int)i;
			break;
		case VERDICT_START:
			start = (int)i;
			[[fallthrough]];
		default:
			found.chosen = (int)i;
			found.early = false;
		}
	}
	if (start >= 0)
		found.chosen = start;
	return found;
}

int
verdict_choose(const struct verdict *all, size_t n)
{
	return scan(all, n).chosen;
}

bool
verdict_is_early(const struct verdict *all, size_t n)
{
	return scan(all, n).early;
}

bool
verdict_is_ignored(const struct verdict_ignore *ig, const struct verdict *v)
{
	switch (v->kind) {
	case VERDICT_PIPE:
		return ig->pipe || ig->any;
	case VERDICT_EXIT:
		return ig->any || (v->code >= 0 && v->code <= 255 &&
				      (ig->exit[v->code / 8] >> v->code % 8 & 1) != 0);
	case VERDICT_SIGNAL:
		return ig->any ||
		       (v->code > 0 && v->code < 64 && (ig->signals >> v->code & 1) != 0);
	case VERDICT_ERR:
	case VERDICT_DEADLINE:
	case VERDICT_MEMORY:
		return ig->any;
	default:
		return false;
	}
}

/* A part of the text to parse; not NUL-terminated. */
struct word {
	const char *at;
	size_t len;
};

static bool
word_is(struct word w, const char *text)
{
	return w.len == strlen(text) && memcmp(w.at, text, w.len) == 0;
}

/* Take PREFIX off W, if it begins with it in any case. */
static bool
word_skip(struct word *w, const char *prefix)
{
	size_t len = strlen(prefix);
	if (w->len < len || strncasecmp(w->at, prefix, len) != 0)
		return false;
	w->at += len;
	w->len -= len;
	return true;
}

/* Read W as a number from 1 to MAX; 0 = it is none. */
static int
word_number(struct word w, int max)
{
	int number = 0;
	for (size_t i = 0; i < w.len && number <= max; i++) {
		if (w.at[i] < '0' || w.at[i] > '9')
			return 0;
		number = 10 * number + (w.at[i] - '0');
	}
	return number <= max ? number : 0;
}

/* Read W as a signal's number or name, with or without "SIG", in any case; 0 = it is none. */
static int
word_signal(struct word w)
{
	int number = word_number(w, 63);
	if (number > 0)
		return number;
	(void)word_skip(&w, "SIG");
	for (int sig = 1; sig < 64; sig++) {
		const char *name = sigabbrev_np(sig);
		if (name != NULL && strlen(name) == w.len && strncasecmp(name, w.at, w.len) == 0)
			return sig;
	}
	return 0;
}

static bool
ignore_word(struct word w, struct verdict_ignore *ig)
{
	if (word_is(w, "pipe")) {
		ig->pipe = true;
	} else if (word_is(w, "any")) {
		ig->any = true;
	} else if (word_skip(&w, "exit:")) {
		int code = word_number(w, 255);
		if (code == 0)
			return false;
		ig->exit[code / 8] |= (unsigned char)(1 << code % 8);
	} else if (word_skip(&w, "signal:")) {
		int sig = word_signal(w);
		if (sig == 0)
			return false;
		ig->signals |= UINT64_C(1) << sig;
		/* A command that SIGPIPE killed is a VERDICT_PIPE. */
		ig->pipe |= sig == SIGPIPE;
	} else {
		return false;
	}
	return true;
}

bool
verdict_ignore_parse(const char *text, struct verdict_ignore *ig)
{
	for (;;) {
		size_t len = strcspn(text, ",");
		if (!ignore_word((struct word){ text, len }, ig))
			return false;
		if (text[len] == '\0')
			return true;
		text += len + 1;
	}
}

static void
words_of_failure(const struct verdict *v, struct str *out)
{
	if (v->stream != NULL)
		str_addf(out, "error closing %s: %s", v->stream, err_reason(v->err));
	else if (v->err.op == OP_MEMORY)
		str_adds(out, "out of memory");
	else
		str_addf(out, "%s: %s", err_phrase(v->err), err_reason(v->err));
}

static void
words_of_signal(int sig, struct str *out)
{
	const char *name = sigabbrev_np(sig);
	const char *description = sigdescr_np(sig);

	if (name == NULL || description == NULL)
		str_addf(out, "killed by signal %d", sig);
	else
		str_addf(out, "killed by SIG%s (%s)", name, description);
}

void
verdict_words(const struct verdict *v, struct str *out)
{
	switch (v->kind) {
	case VERDICT_OK:
		str_adds(out, "done");
		break;
	case VERDICT_EARLY:
		str_adds(out, "ended early: it had enough");
		break;
	case VERDICT_PIPE:
		str_adds(out, "nobody reads its output");
		break;
	case VERDICT_ERR:
		words_of_failure(v, out);
		break;
	case VERDICT_START:
		str_addf(out, "cannot start: %s", err_reason(v->err));
		break;
	case VERDICT_EXIT:
		str_addf(out, "exited with status %d", v->code);
		break;
	case VERDICT_SIGNAL:
		words_of_signal(v->code, out);
		break;
	case VERDICT_CANCELED:
		str_adds(out, "canceled");
		break;
	case VERDICT_DEADLINE:
		str_adds(out, "stopped: its time was up");
		break;
	case VERDICT_MEMORY:
		str_addf(out, "killed: it passed its memory limit of %d MiB", v->code);
		break;
	case VERDICT_N:
		BUG_ON(true);
	}
}

const char *
verdict_kind_name(enum verdict_kind k)
{
	static const char *const names[VERDICT_N] = {
		[VERDICT_OK] = "ok",
		[VERDICT_EARLY] = "early",
		[VERDICT_PIPE] = "pipe",
		[VERDICT_ERR] = "error",
		[VERDICT_START] = "start",
		[VERDICT_EXIT] = "exit",
		[VERDICT_SIGNAL] = "signal",
		[VERDICT_CANCELED] = "canceled",
		[VERDICT_DEADLINE] = "deadline",
		[VERDICT_MEMORY] = "memory",
	};
	BUG_ON((unsigned)k >= VERDICT_N);
	return names[k];
}

int
verdict_status(const struct verdict *v)
{
	switch (v->kind) {
	case VERDICT_OK:
	case VERDICT_EARLY:
		return 0;
	case VERDICT_START:
		return v->err.code == ENOENT ? 127 : 126;
	case VERDICT_ERR:
		if (arc_is_damage(v->err))
			return 6;
		return err_class(v->err) == ERR_CLASS_FATAL ? 3 : 1;
	default:
		return 1;
	}
}
