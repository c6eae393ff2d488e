/* SPDX-License-Identifier: BSD-2-Clause */
/* What came of a run: its counts, its errors by group, and its exit status, computed here alone. */
#include "report/outcome.h"

#include <string.h>

void
outcome_init(struct outcome *o)
{
	*o = (struct outcome){ 0 };
	for (int g = 0; g < ERR_GROUP_N; g++)
		o->groups[g].names = STR_INIT;
}

void
outcome_release(struct outcome *o)
{
	for (int g = 0; g < ERR_GROUP_N; g++)
		str_release(&o->groups[g].names);
}

const char *
event_name(const struct event *ev)
{
	const char *first = ev->err.side == SIDE_DST ? ev->dst : ev->src;
	const char *second = ev->err.side == SIDE_DST ? ev->src : ev->dst;

	if (first != NULL)
		return first;
	return second != NULL ? second : ev->path;
}

static void
group_add(struct error_group *g, const struct event *ev)
{
	const char *name = event_name(ev);

	if (g->count++ >= GROUP_NAMES || name == NULL)
		return;
	if (g->names.len > 0)
		str_adds(&g->names, ", ");
	str_add_shown(&g->names, name, strlen(name));
	/* what was tried belongs to the name; other notes were printed with their error */
	if (ev->err.op == OP_CHANGED && ev->note != NULL) {
		str_adds(&g->names, " (");
		str_add_text(&g->names, ev->note, strlen(ev->note));
		str_addc(&g->names, ')');
	}
}

static enum exit_code
error_exit(const struct event *ev)
{
	if (ev->fatal)
		return EXIT_STOPPED;
	if (ev->err.op == OP_VERIFY)
		return EXIT_INTEGRITY;
	return ev->err.op == OP_CHANGED ? EXIT_UNQUIET : EXIT_PARTIAL;
}

void
outcome_count(struct outcome *o, const struct event *ev, bool strict)
{
	switch (ev->kind) {
	case EVENT_ERROR:
		o->counts.failed++;
		o->counts.changed += ev->err.op == OP_CHANGED;
		group_add(&o->groups[err_group(ev->err)], ev);
		outcome_raise(o, error_exit(ev));
		break;
	case EVENT_LOST:
		o->counts.lost++;
		break;
	case EVENT_VANISHED:
		o->counts.vanished++;
		if (strict)
			outcome_raise(o, EXIT_UNQUIET);
		break;
	case EVENT_STAGE:
		o->counts.failed++;
		outcome_raise(o, (enum exit_code)ev->status);
		break;
	case EVENT_ITEM:
	case EVENT_NOTE:
	case EVENT_RESULT:
		break;
	}
}

/* What each exit status says, and how it ranks. */
static const struct {
	int rank;           /* the highest wins */
	const char *result; /* for machines */
	const char *words;  /* for people */
} exits[] = {
	[EXIT_DONE] = { 0, "done", "done" },
	[EXIT_PARTIAL] = { 1, "partial", "some items failed" },
	[EXIT_USAGE] = { 9, "usage", "nothing was touched" },
	[EXIT_STOPPED] = { 4, "stopped", "stopped before the end" },
	[EXIT_UNQUIET] = { 2, "unquiet", "the source changed during the run" },
	[EXIT_REFUSED] = { 3, "refused", "refused for safety" },
	[EXIT_INTEGRITY] = { 5, "integrity", "data is damaged" },
	[EXIT_CANNOT_RUN] = { 7, "cannot-run", "a command could not be run" },
	[EXIT_NOT_FOUND] = { 8, "not-found", "a command was not found" },
};

void
outcome_raise(struct outcome *o, enum exit_code code)
{
	if (exits[code].rank > exits[o->exit].rank)
		o->exit = code;
}

int
outcome_status(const struct outcome *o)
{
	return o->signal != 0 ? 128 + o->signal : (int)o->exit;
}

/* Whether nothing failed, and what was compared differs. */
static bool
only_differs(const struct outcome *o)
{
	return o->exit == EXIT_PARTIAL && o->counts.failed == 0;
}

const char *
outcome_result(const struct outcome *o)
{
	if (o->signal == 0 && only_differs(o))
		return "differs";
	return o->signal != 0 ? "interrupted" : exits[o->exit].result;
}

const char *
outcome_words(const struct outcome *o)
{
	if (o->signal == 0 && only_differs(o))
		return "differences were found";
	return o->signal != 0 ? "interrupted by a signal" : exits[o->exit].words;
}
