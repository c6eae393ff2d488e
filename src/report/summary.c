/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a run in words: the summary and the table of errors. */
#include "report/summary.h"

#include "base/size.h"

#include <string.h>

enum {
	NS_PER_S = 1000000000,
	NS_PER_MS = 1000000 /* a rate over less than this would be noise; chosen */
};

/* Append what goes between two parts of a list that began at FROM. */
static void
add_separator(struct str *s, size_t from)
{
	if (s->len > from)
		str_adds(s, ", ");
}

/* Append "12 WORD" to the list that began at FROM, or nothing when COUNT is 0. */
static void
add_count(struct str *s, size_t from, int64_t count, const char *word)
{
	char text[SIZE_TEXT];

	if (count == 0)
		return;
	add_separator(s, from);
	str_addf(s, "%s %s", count_format(text, count), word);
}

/* Append LINE, indented below the program's name, unless it is empty; then empty it. */
static void
add_indented(struct str *s, const struct report_opts *opts, struct str *line)
{
	if (line->len > 0)
		str_addf(s, "%*s%s\n", (int)strlen(opts->program) + 2, "", line->buf);
	str_clear(line);
}

/* Files that now stand at the destination by this run. */
static int64_t
files_made(const struct counts *c)
{
	return c->files[ACTION_NEW] + c->files[ACTION_CHANGED];
}

/* Append " (1.21 GiB/s)", or files a second where cloning moved next to no bytes. */
static void
add_rate(struct str *s, const struct outcome *o)
{
	const struct counts *c = &o->counts;
	double seconds = (double)o->span_ns / NS_PER_S;
	char text[SIZE_TEXT];

	if (o->span_ns < NS_PER_MS)
		return;
	if (c->written > c->cloned)
		str_addf(s, " (%s)", rate_format(text, (int64_t)((double)c->logical / seconds)));
	else if (files_made(c) > 0)
		str_addf(s, " (%s files/s)",
		    count_format(text, (int64_t)((double)files_made(c) / seconds)));
}

/* Append "17,990 cloned (30.1 GiB shared), 214 copied (0.7 GiB written)". */
static void
add_means(struct str *s, const struct counts *c)
{
	int64_t copied = c->how[METHOD_COPY_RANGE] + c->how[METHOD_SENDFILE] +
			 c->how[METHOD_BUFFER] + c->how[METHOD_UPDATE] + c->how[METHOD_COMMAND];
	char size[SIZE_TEXT];

	add_count(s, 0, c->how[METHOD_CLONE], "cloned");
	if (c->how[METHOD_CLONE] > 0)
		str_addf(s, " (%s shared)", size_format(size, c->cloned));
	add_count(s, 0, copied, "copied");
	if (copied > 0)
		str_addf(s, " (%s written)", size_format(size, c->written));
	if (c->holes > 0) {
		add_separator(s, 0);
		str_addf(s, "%s of holes", size_format(size, c->holes));
	}
}

/* Append "18,204 files, 30.8 GiB compared in 5.1 s (6 GiB/s)" and what came of it. */
static void
add_compared(struct str *s, const struct report_opts *opts, const struct outcome *o)
{
	const struct counts *c = &o->counts;
	int64_t files =
	    c->files[ACTION_CHANGED] + c->files[ACTION_ATTRIBUTES] + c->files[ACTION_UNCHANGED];
	char text[SIZE_TEXT], span[SIZE_TEXT];
	struct str line = STR_INIT;

	add_count(&line, 0, files, "files");
	str_addf(
	    s, "%s: %s%s", opts->program, files > 0 ? line.buf : "no files", files > 0 ? ", " : "");
	str_addf(s, "%s compared in %s", size_format(text, c->logical),
	    duration_format(span, o->span_ns));
	if (o->span_ns >= NS_PER_MS && c->logical > 0)
		str_addf(s, " (%s)",
		    rate_format(
			text, (int64_t)((double)c->logical * NS_PER_S / (double)o->span_ns)));
	str_addc(s, '\n');
	str_clear(&line);
	if (c->cloned > 0)
		str_addf(&line, "%s shared, not read", size_format(text, c->cloned));
	add_indented(s, opts, &line);
	s->failed |= line.failed;
	str_release(&line);
}

void
summary_add(struct str *s, const struct report_opts *opts, const struct outcome *o)
{
	const struct counts *c = &o->counts;
	int64_t wrong = o->groups[ERR_GROUP_INTEGRITY].count;
	char count[SIZE_TEXT], size[SIZE_TEXT], span[SIZE_TEXT];
	struct str line = STR_INIT;

	if (opts->compares) {
		add_compared(s, opts, o);
	} else {
		str_addf(s, "%s: %s files, %s in %s", opts->program,
		    count_format(count, files_made(c)), size_format(size, c->logical),
		    duration_format(span, o->span_ns));
		add_rate(s, o);
		str_addc(s, '\n');
		add_means(&line, c);
		add_indented(s, opts, &line);
	}
	add_count(&line, 0, c->items[ACTION_UNCHANGED], "unchanged");
	if (opts->compares)
		add_count(&line, 0, c->items[ACTION_CHANGED], "content");
	add_count(&line, 0, c->items[ACTION_ATTRIBUTES], "attributes");
	add_count(&line, 0, c->items[ACTION_LINKED], "hard links");
	add_count(&line, 0, c->items[ACTION_DELETED], "deleted");
	add_count(&line, 0, c->items[ACTION_MISSING], "missing");
	add_count(&line, 0, c->items[ACTION_EXTRA], "extra");
	add_count(&line, 0, c->vanished, "vanished");
	add_count(&line, 0, c->lost, "attributes not kept");
	add_count(&line, 0, c->failed, "failed");
	if (c->verified > 0 && opts->verified_with != NULL) {
		add_separator(&line, 0);
		str_addf(&line, "verified with %s: ", opts->verified_with);
		if (wrong == 0)
			str_adds(&line, "no differences");
		else
			str_addf(&line, "%s wrong", count_format(count, wrong));
	}
	add_indented(s, opts, &line);
	if (outcome_status(o) != EXIT_DONE)
		str_adds(&line, outcome_words(o));
	add_indented(s, opts, &line);
	s->failed |= line.failed;
	str_release(&line);
}

void
summary_add_dry(struct str *s, const struct outcome *o)
{
	const struct counts *c = &o->counts;
	int64_t bytes = c->written + c->cloned;
	char size[SIZE_TEXT], count[SIZE_TEXT];
	size_t from;

	str_adds(s, "dry run: ");
	from = s->len;
	add_count(s, from, c->items[ACTION_NEW], "new");
	add_count(s, from, c->items[ACTION_CHANGED], "changed");
	add_count(s, from, c->items[ACTION_ATTRIBUTES], "attributes");
	add_count(s, from, c->items[ACTION_LINKED], "hard link");
	add_count(s, from, c->items[ACTION_UNCHANGED], "unchanged");
	add_count(s, from, c->items[ACTION_DELETED], "delete");
	if (s->len == from)
		str_adds(s, "nothing to do");
	if (bytes > 0)
		str_addf(s, "; %s to write", size_format(size, bytes));
	if (c->failed > 0)
		str_addf(
		    s, "; %s error%s", count_format(count, c->failed), c->failed > 1 ? "s" : "");
	str_addc(s, '\n');
}

/* Widths of the first columns of the table. */
struct widths {
	int words; /* names of groups */
	int count; /* counts */
};

/* Append one line of the table. */
static void
add_group(struct str *s, const struct outcome *o, enum err_group g, struct widths width)
{
	const struct error_group *group = &o->groups[g];
	char count[SIZE_TEXT];

	str_addf(s, "  %-*s  %-*s  %s", width.words, err_group_words(g), width.count,
	    count_format(count, group->count), group->names.buf);
	if (group->count > GROUP_NAMES)
		str_addf(s, ", ... (%s more)", count_format(count, group->count - GROUP_NAMES));
	str_addc(s, '\n');
}

void
summary_add_errors(struct str *s, const struct report_opts *opts, const struct outcome *o)
{
	const int64_t *files = o->counts.files;
	int64_t failed = o->counts.failed;
	int64_t made = files_made(&o->counts) + files[ACTION_ATTRIBUTES] + files[ACTION_LINKED];
	char done[SIZE_TEXT], all[SIZE_TEXT], not [SIZE_TEXT];
	struct widths width = { .count = 3 }; /* as UX.md section 5 shows it */

	if (failed < 2)
		return;
	if (opts->compares)
		str_addf(s, "%s: %s entries could not be compared:\n", opts->program,
		    count_format(not, failed));
	else
		str_addf(s, "%s: %s of %s files %s, %s not:\n", opts->program,
		    count_format(done, made), count_format(all, made + failed),
		    opts->dry_run ? "could be copied" : "copied", count_format(not, failed));
	for (int g = 0; g < ERR_GROUP_N; g++) {
		int words = (int)strlen(err_group_words(g));
		int count = (int)strlen(count_format(all, o->groups[g].count));

		if (o->groups[g].count > 0 && words > width.words)
			width.words = words;
		if (count > width.count)
			width.count = count;
	}
	for (int g = 0; g < ERR_GROUP_N; g++) {
		if (o->groups[g].count > 0)
			add_group(s, o, g, width);
	}
	if (opts->resumes && !opts->dry_run)
		str_adds(s, "hint: run the same command again; finished files are skipped\n");
}
