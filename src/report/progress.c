/* SPDX-License-Identifier: BSD-2-Clause */
/* The one line that says how far a run is: figures, layout, and when to draw it. */
#include "report/progress.h"

#include "base/size.h"

#include <stdio.h>
#include <string.h>

enum {
	NS_PER_S = 1000000000,
	SILENT_NS = NS_PER_S, /* a shorter run shows nothing; UX.md section 5 */
	HISTORY_S = 10,       /* no estimate before; UX.md section 5 */
	COLUMNS_DEFAULT = 80, /* UX.md section 5 */
	BAR_WIDTH = 20,       /* so that the longest line takes 80 columns */
	PARTS_MAX = 6         /* most parts a line has */
};

/* Nanoseconds between whole lines without a terminal; UX.md section 6. */
static const int64_t WHOLE_NS = 30 * INT64_C(1000000000);

/* To the first column, then erase to the end of the line (ECMA-48 EL). */
static const char erase_sequence[] = "\r\033[K";

void
progress_init(struct progress *p, const struct report_opts *opts, struct live *live, int64_t now_ns)
{
	*p =
	    (struct progress){ .opts = opts, .live = live, .start_ns = now_ns, .whole_ns = now_ns };
	p->samples[0].at_ns = now_ns;
	p->n_samples = 1;
}

/* Take a sample once a second and return the oldest that is kept. */
static const struct progress_sample *
take_sample(struct progress *p, const struct progress_sample *now)
{
	const struct progress_sample *last = &p->samples[(p->n_samples - 1) % PROGRESS_SAMPLES];

	if (now->at_ns - last->at_ns >= NS_PER_S)
		p->samples[p->n_samples++ % PROGRESS_SAMPLES] = *now;
	return &p->samples[p->n_samples > PROGRESS_SAMPLES ? p->n_samples % PROGRESS_SAMPLES : 0];
}

/* MORE in SPAN_NS, as a number a second. */
static int64_t
per_second(int64_t more, int64_t span_ns)
{
	return span_ns > 0 ? (int64_t)((double)more * NS_PER_S / (double)span_ns) : 0;
}

/* True when entries, not bytes, measure how far the run is. */
static bool
is_measured_in_items(const struct progress_figures *f)
{
	return f->cloned || f->bytes_found == 0;
}

/* How far F is, in percent; 100 only when every entry is done. */
static int
percent_of(const struct progress_figures *f)
{
	bool items = is_measured_in_items(f);
	int64_t found = items ? f->items_found : f->bytes_found;
	int64_t done = items ? f->items_done : f->bytes_done;
	int percent =
	    found > 0 ? (int)((double)(done < found ? done : found) * 100 / (double)found) : 0;

	return percent > 99 && f->items_done < f->items_found ? 99 : percent;
}

static int64_t
seconds_left(const struct progress_figures *f)
{
	bool items = is_measured_in_items(f);
	int64_t left = items ? f->items_found - f->items_done : f->bytes_found - f->bytes_done;
	int64_t rate = items ? f->item_rate : f->byte_rate;

	if (!f->walked || f->elapsed_s < HISTORY_S || rate <= 0)
		return -1;
	return left > 0 ? (left + rate - 1) / rate : 0;
}

struct progress_figures
progress_read(struct progress *p, int64_t now_ns)
{
	struct live *live = p->live;
	struct progress_figures f = {
		.walked =
		    live->walked, /* first: what is found afterwards is a total if this is set */
		.items_done = live->items_done,
		.bytes_done = live->bytes_done,
		.items_found = live->items_found,
		.bytes_found = live->bytes_found,
		.elapsed_s = (now_ns - p->start_ns) / NS_PER_S,
	};
	struct progress_sample now = { now_ns, f.bytes_done, f.items_done };
	const struct progress_sample *then = take_sample(p, &now);

	f.cloned = live->bytes_cloned > f.bytes_done / 2;
	f.byte_rate = per_second(f.bytes_done - then->bytes, now_ns - then->at_ns);
	f.item_rate = per_second(f.items_done - then->items, now_ns - then->at_ns);
	f.left_s = seconds_left(&f);
	if (f.walked) {
		int percent = percent_of(&f);

		if (percent > p->percent)
			p->percent = percent;
	}
	f.percent = p->percent;
	return f;
}

/* One part of a line. */
struct part {
	char text[2 * SIZE_TEXT]; /* NUL-terminated */
	int gap;                  /* blanks before it, unless it is the first */
	int rank;                 /* the highest goes first when there is no room; 0 stays */
};

/* The parts of a line, in order. */
struct parts {
	struct part list[PARTS_MAX];
	int n;
};

[[gnu::format(printf, 4, 5)]] static void
add_part(struct parts *parts, int gap, int rank, const char *fmt, ...)
{
	struct part *part = &parts->list[parts->n++];
	va_list args;

	part->gap = gap;
	part->rank = rank;
	va_start(args, fmt);
	(void)vsnprintf(part->text, sizeof part->text, fmt, args); /* longer than any part is */
	va_end(args);
}

/* Add how fast: bytes a second, or entries a second and "cloned". */
static void
add_rate(struct parts *parts, const struct progress_figures *f, int gap)
{
	char text[SIZE_TEXT];

	if (!is_measured_in_items(f)) {
		if (f->byte_rate > 0)
			add_part(parts, gap, 2, "%s", rate_format(text, f->byte_rate));
		return;
	}
	if (f->item_rate > 0)
		add_part(parts, gap, 2, "%s files/s", count_format(text, f->item_rate));
	if (f->cloned)
		add_part(parts, gap, 3, "cloned");
}

/* "walking  12,400 items   copied 3.1 of 18+ GiB   1.21 GiB/s   0:03" */
static void
layout_walking(struct parts *parts, const struct progress_figures *f)
{
	char count[SIZE_TEXT], done[SIZE_TEXT], found[SIZE_TEXT], span[SIZE_TEXT];
	int unit = size_unit(f->bytes_found);

	add_part(parts, 0, 0, "walking  %s items", count_format(count, f->items_found));
	if (f->cloned || f->bytes_done == 0)
		add_part(parts, 3, 4, "%s done", count_format(count, f->items_done));
	else
		add_part(parts, 3, 4, "copied %s of %s+ %s",
		    size_format_in(done, f->bytes_done, unit, unit > 0),
		    size_format_in(found, f->bytes_found, unit, 0), size_unit_name(unit));
	add_rate(parts, f, 3);
	add_part(parts, 3, 1, "%s", clock_format(span, f->elapsed_s));
}

/* " 41% [########------------]  12.6/30.8 GiB  1.21 GiB/s  7,512/18,204 files  0:15" */
static void
layout_walked(struct parts *parts, const struct progress_figures *f)
{
	char done[SIZE_TEXT], found[SIZE_TEXT], span[SIZE_TEXT], bar[BAR_WIDTH + 1];
	int unit = size_unit(f->bytes_found), filled = f->percent * BAR_WIDTH / 100;
	bool items = is_measured_in_items(f);

	memset(bar, '-', BAR_WIDTH);
	memset(bar, '#', (size_t)filled);
	bar[BAR_WIDTH] = '\0';
	add_part(parts, 0, 0, "%3d%%", f->percent);
	add_part(parts, 1, 5, "[%s]", bar);
	if (!items) {
		add_part(parts, 2, 1, "%s/%s %s",
		    size_format_in(done, f->bytes_done, unit, unit > 0),
		    size_format_in(found, f->bytes_found, unit, unit > 0), size_unit_name(unit));
		add_rate(parts, f, 2);
	}
	add_part(parts, 2, items ? 1 : 4, "%s/%s files", count_format(done, f->items_done),
	    count_format(found, f->items_found));
	if (items)
		add_rate(parts, f, 2);
	add_part(parts, 2, 3, "%s", clock_format(span, f->left_s >= 0 ? f->left_s : f->elapsed_s));
}

static int
width_of(const struct parts *parts)
{
	int width = 0;

	for (int i = 0; i < parts->n; i++)
		width += (i > 0 ? parts->list[i].gap : 0) + (int)strlen(parts->list[i].text);
	return width;
}

/* Drop the part of the highest rank; false = only what must stay is left. */
static bool
drop_part(struct parts *parts)
{
	int worst = 0;

	for (int i = 1; i < parts->n; i++) {
		if (parts->list[i].rank > parts->list[worst].rank)
			worst = i;
	}
	if (parts->list[worst].rank == 0)
		return false;
	memmove(&parts->list[worst], &parts->list[worst + 1],
	    (size_t)(parts->n - worst - 1) * sizeof parts->list[0]);
	parts->n--;
	return true;
}

void
progress_line(struct str *out, const struct progress_figures *f, int columns)
{
	struct parts parts = { .n = 0 };

	if (f->walked)
		layout_walked(&parts, f);
	else
		layout_walking(&parts, f);
	while (width_of(&parts) > columns && drop_part(&parts))
		;
	for (int i = 0; i < parts.n; i++)
		str_addf(out, "%*s%s", i > 0 ? parts.list[i].gap : 0, "", parts.list[i].text);
}

/* True when the line is redrawn in place. */
static bool
is_redrawn(const struct progress *p)
{
	const struct report_opts *opts = p->opts;

	if (opts->progress == PROGRESS_NEVER || !opts->io.stderr_is_tty || opts->io.dumb)
		return false;
	return opts->progress == PROGRESS_ALWAYS || !opts->quiet;
}

/* True when a line in place is due. */
static bool
is_due(const struct progress *p, int64_t now_ns)
{
	return !p->paused && is_redrawn(p) &&
	       (p->opts->progress == PROGRESS_ALWAYS || now_ns - p->start_ns >= SILENT_NS);
}

void
progress_erase(struct progress *p, struct str *out)
{
	if (p->drawn)
		str_adds(out, erase_sequence);
	p->drawn = false;
}

void
progress_redraw(struct progress *p, int64_t now_ns, struct str *out)
{
	struct progress_figures f;

	if (!is_due(p, now_ns))
		return;
	f = progress_read(p, now_ns);
	str_adds(out, erase_sequence);
	progress_line(out, &f, p->opts->io.columns > 0 ? p->opts->io.columns : COLUMNS_DEFAULT);
	p->drawn = p->shown = true;
}

void
progress_tick(struct progress *p, int64_t now_ns, struct str *out)
{
	struct progress_figures f;

	if (is_redrawn(p)) {
		progress_redraw(p, now_ns, out);
		return;
	}
	f = progress_read(p, now_ns);
	if (p->opts->progress != PROGRESS_ALWAYS || now_ns - p->whole_ns < WHOLE_NS)
		return;
	p->whole_ns = now_ns;
	p->shown = true;
	progress_line(out, &f, COLUMNS_DEFAULT);
	str_addc(out, '\n');
}
