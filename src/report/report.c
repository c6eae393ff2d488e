/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the events of a run end: counted, rendered, written.
 *
 * One mutex guards everything below the line.  Unlike the other locks of the program it is held
 * while lines are written: their order, and the redrawing of the progress line around them, is what
 * it is for.  Nothing that is called under it takes another lock or calls back.  Workers that count
 * and add to struct live take it rarely; a run without errors, -v or --json never waits for it.
 */
#include "report/report.h"

#include "report/json.h"
#include "report/outcome.h"
#include "report/output.h"
#include "report/summary.h"
#include "report/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	KEPT_MAX = 1 << 24,     /* bytes of errors kept for --report; chosen: bounds memory */
	JSON_EVERY = 1000000000 /* nanoseconds between progress objects; chosen */
};

struct report {
	const struct report_opts *opts;
	struct live live;
	int64_t start_ns;
	bool wants_items;
	bool wants_unchanged;
	pthread_mutex_t asking; /* held while a person thinks: one question at a time */
	pthread_mutex_t lock;
	/* --- guarded by lock --- */
	struct outcome outcome;
	struct output output;
	struct str line; /* scratch: the lines that are being made */
	struct str kept; /* errors for --report */
	int64_t omitted; /* errors that did not fit there */
	int64_t json_ns; /* when the last progress object was written */
	bool out_told;   /* that standard output failed was said */
};

struct report *
report_new(const struct report_opts *opts)
{
	struct report *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->opts = opts;
	r->start_ns = r->json_ns = opts->io.now_ns();
	r->wants_items = opts->json || opts->verbose || opts->itemize || opts->explain ||
			 opts->print0 == PRINT0_DONE || opts->print0 == PRINT0_SKIPPED;
	r->wants_unchanged = ((opts->json || opts->itemize) && opts->unchanged) || opts->explain ||
			     opts->print0 == PRINT0_SKIPPED;
	pthread_mutex_init(&r->asking, NULL); /* neither can fail without attributes */
	pthread_mutex_init(&r->lock, NULL);
	outcome_init(&r->outcome);
	output_init(&r->output, opts, &r->live, r->start_ns);
	r->line = r->kept = STR_INIT;
	return r;
}

void
report_free(struct report *r)
{
	if (r == NULL)
		return;
	outcome_release(&r->outcome);
	str_release(&r->line);
	output_release(&r->output);
	str_release(&r->kept);
	pthread_mutex_destroy(&r->lock);
	pthread_mutex_destroy(&r->asking);
	free(r);
}

struct live *
report_live(struct report *r)
{
	return &r->live;
}

bool
report_wants_items(const struct report *r)
{
	return r->wants_items;
}

bool
report_wants_unchanged(const struct report *r)
{
	return r->wants_unchanged;
}

void
report_start(struct report *r)
{
	if (!r->opts->json)
		return;
	pthread_mutex_lock(&r->lock);
	str_clear(&r->line);
	json_start(&r->line, r->opts);
	output_print(&r->output, &r->line);
	pthread_mutex_unlock(&r->lock);
}

/* Keep the object of an error for --report=FILE, as far as memory is meant for that. */
static void
keep_locked(struct report *r, const struct event *ev)
{
	size_t before = r->kept.len;

	if (ev->kind != EVENT_ERROR && ev->kind != EVENT_BRAKE)
		return;
	json_event(&r->kept, r->opts, ev);
	if (r->kept.len <= KEPT_MAX && !r->kept.failed)
		return;
	r->kept.len = before;
	r->kept.failed = false;
	r->omitted++;
}

void
report_emit(struct report *r, const struct event *ev)
{
	const struct report_opts *opts = r->opts;

	if (ev->kind == EVENT_ITEM &&
	    !(ev->action == ACTION_UNCHANGED ? r->wants_unchanged : r->wants_items))
		return;
	pthread_mutex_lock(&r->lock);
	outcome_count(&r->outcome, ev, opts->strict);
	str_clear(&r->line);
	text_event(&r->line, opts, ev, &r->live);
	output_say(&r->output, &r->line);
	str_clear(&r->line);
	if (opts->json)
		json_event(&r->line, opts, ev);
	else if (opts->print0 != PRINT0_NONE)
		text_print0(&r->line, opts, ev);
	else
		text_item(&r->line, opts, ev);
	output_print(&r->output, &r->line);
	if (opts->file != NULL)
		keep_locked(r, ev);
	pthread_mutex_unlock(&r->lock);
}

void
report_count(struct report *r, const struct counts *c)
{
	struct counts done = *c;

	done.failed = done.vanished = done.changed = done.lost = 0;
	pthread_mutex_lock(&r->lock);
	counts_add(&r->outcome.counts, &done);
	pthread_mutex_unlock(&r->lock);
}

void
report_tick(struct report *r)
{
	int64_t now = r->opts->io.now_ns();

	pthread_mutex_lock(&r->lock);
	output_tick(&r->output, now);
	if (r->opts->json && r->opts->progress == PROGRESS_ALWAYS &&
	    now - r->json_ns >= JSON_EVERY) {
		struct progress_figures f = progress_read(&r->output.progress, now);

		r->json_ns = now;
		str_clear(&r->line);
		json_progress(&r->line, &f, r->outcome.counts.failed);
		output_print(&r->output, &r->line);
	}
	output_flush(&r->output);
	pthread_mutex_unlock(&r->lock);
}

void
report_status(struct report *r)
{
	struct progress_figures f;

	pthread_mutex_lock(&r->lock);
	f = progress_read(&r->output.progress, r->opts->io.now_ns());
	str_clear(&r->line);
	str_addf(&r->line, "%s: ", r->opts->program);
	progress_line(&r->line, &f, 80 - (int)r->line.len);
	str_addc(&r->line, '\n');
	output_say(&r->output, &r->line);
	pthread_mutex_unlock(&r->lock);
}

bool
report_ask(struct report *r, const char *shown)
{
	bool agreed;

	pthread_mutex_lock(&r->asking);
	pthread_mutex_lock(&r->lock);
	output_pause(&r->output, true);
	str_clear(&r->line);
	str_addf(&r->line, "%s: overwrite %s? ", r->opts->program, shown);
	output_flush(&r->output);
	output_say(&r->output, &r->line);
	pthread_mutex_unlock(&r->lock);
	agreed = r->opts->io.agreed();
	pthread_mutex_lock(&r->lock);
	output_pause(&r->output, false);
	pthread_mutex_unlock(&r->lock);
	pthread_mutex_unlock(&r->asking);
	return agreed;
}

void
report_raise(struct report *r, enum exit_code code)
{
	pthread_mutex_lock(&r->lock);
	outcome_raise(&r->outcome, code);
	pthread_mutex_unlock(&r->lock);
}

/* Say that WHAT failed with E, and raise 3: what was asked for is not all there. */
static void
output_failed_locked(struct report *r, const char *what, const char *name, struct err e)
{
	str_clear(&r->line);
	str_addf(&r->line, "%s: %s", r->opts->program, what);
	if (name != NULL) {
		str_addc(&r->line, ' ');
		str_add_quoted(&r->line, name, strlen(name));
	}
	str_addf(&r->line, ": %s\n", err_reason(e));
	output_say(&r->output, &r->line);
	outcome_raise(&r->outcome, EXIT_STOPPED);
}

/* Flush standard output and say, once, why it failed.  A reader that went away wants no more. */
static void
settle_out_locked(struct report *r)
{
	output_flush(&r->output);
	if (!err_failed(r->output.error) || r->out_told)
		return;
	r->out_told = true;
	if (r->output.error.code != EPIPE)
		output_failed_locked(r, "error writing standard output", NULL, r->output.error);
}

/* Publish the errors that were kept and the summary as PATH. */
static struct err
publish_locked(struct report *r, const char *path)
{
	json_summary(&r->kept, &r->outcome, r->omitted);
	TRY(str_check(&r->kept));
	return r->opts->io.publish(path, r->kept.buf, r->kept.len);
}

/* Say in words what the run came to, as far as somebody wants to know. */
static void
say_summary_locked(struct report *r)
{
	const struct report_opts *opts = r->opts;
	bool to_people = !opts->json && opts->print0 == PRINT0_NONE && opts->end == '\n';
	bool asked = r->output.progress.shown || r->outcome.signal != 0;

	if (opts->dry_run && !opts->quiet && to_people) {
		str_clear(&r->line);
		summary_add_dry(&r->line, &r->outcome);
		output_print(&r->output, &r->line);
		output_flush(&r->output);
	}
	str_clear(&r->line);
	if (opts->stats || (asked && !opts->quiet && !opts->dry_run))
		summary_add(&r->line, opts, &r->outcome);
	if (!opts->quiet)
		summary_add_errors(&r->line, opts, &r->outcome);
	output_say(&r->output, &r->line);
}

int
report_finish(struct report *r, int signal)
{
	const struct report_opts *opts = r->opts;
	struct err e = ERR_OK;
	int status;

	pthread_mutex_lock(&r->lock);
	r->outcome.span_ns = opts->io.now_ns() - r->start_ns;
	r->outcome.signal = signal;
	output_pause(&r->output, true);
	/* what can still raise the status comes before what states it */
	settle_out_locked(r);
	if (opts->file != NULL)
		e = publish_locked(r, opts->file);
	if (err_failed(e))
		output_failed_locked(r, "cannot write the report", opts->file, e);
	say_summary_locked(r);
	if (opts->json) {
		str_clear(&r->line);
		json_summary(&r->line, &r->outcome, 0);
		output_print(&r->output, &r->line);
	}
	settle_out_locked(r);
	status = outcome_status(&r->outcome);
	pthread_mutex_unlock(&r->lock);
	return status;
}
