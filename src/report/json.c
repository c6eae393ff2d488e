/* SPDX-License-Identifier: BSD-2-Clause */
/* Events and results as JSON, one object a line. */
#include "report/json.h"

#include "report/listing.h"
#include "report/text.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* Append `,"KEY":NUMBER`. */
static void
add_number(struct str *s, const char *key, int64_t number)
{
	str_addf(s, ",\"%s\":%" PRId64, key, number);
}

/* Append `,"KEY":"TEXT"`. */
static void
add_text(struct str *s, const char *key, const char *text)
{
	str_addf(s, ",\"%s\":", key);
	str_add_json(s, text, strlen(text));
}

/* Append `,"KEY":true` or false. */
static void
add_bool(struct str *s, const char *key, bool value)
{
	str_addf(s, ",\"%s\":%s", key, value ? "true" : "false");
}

/* Append `,"KEY":0.000100`; printf's %f would obey the locale. */
static void
add_seconds(struct str *s, const char *key, int64_t span_ns)
{
	int64_t us = span_ns / 1000;

	str_addf(s, ",\"%s\":%" PRId64 ".%06d", key, us / 1000000, (int)(us % 1000000));
}

/* Append NAME as a JSON string, in base64 if RAW. */
static void
add_name(struct str *s, const char *name, bool raw)
{
	if (!raw) {
		str_add_json(s, name, strlen(name));
		return;
	}
	str_addc(s, '"');
	str_add_base64(s, name, strlen(name));
	str_addc(s, '"');
}

/* Append `,"KEY":"PATH"`, or `,"KEY_b64":"..."` when PATH is not valid UTF-8; NULL = nothing. */
static void
add_path(struct str *s, const char *key, const char *path)
{
	bool raw;

	if (path == NULL)
		return;
	raw = !utf8_is_valid(path, strlen(path));
	str_addf(s, ",\"%s%s\":", key, raw ? "_b64" : "");
	add_name(s, path, raw);
}

/* Append the source operands; one that is not valid UTF-8 sends all of them as base64. */
static void
add_sources(struct str *s, const struct report_opts *opts)
{
	bool raw = false;

	for (size_t i = 0; i < opts->n_srcs; i++)
		raw |= !utf8_is_valid(opts->srcs[i], strlen(opts->srcs[i]));
	str_addf(s, ",\"src%s\":[", raw ? "_b64" : "");
	for (size_t i = 0; i < opts->n_srcs; i++) {
		if (i > 0)
			str_addc(s, ',');
		add_name(s, opts->srcs[i], raw);
	}
	str_addc(s, ']');
}

void
json_start(struct str *s, const struct report_opts *opts)
{
	const struct timespec *at = &opts->io.started;
	struct tm utc = { 0 };

	(void)gmtime_r(&at->tv_sec, &utc); /* fails only when the year overflows an int */
	str_adds(s, "{\"type\":\"start\",\"version\":1");
	add_text(s, "decant", opts->version);
	add_text(s, "verb", opts->verb);
	add_bool(s, "dry_run", opts->dry_run);
	add_sources(s, opts);
	add_path(s, "dst", opts->dst);
	add_number(s, "jobs", opts->jobs);
	str_addf(s, ",\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ\"}\n", utc.tm_year + 1900,
	    utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, at->tv_nsec);
}

/* Append the reasons, which NOTE joins by ", ", as an array. */
static void
add_reasons(struct str *s, const char *note)
{
	const char *end;

	str_adds(s, ",\"reasons\":[");
	for (; (end = strstr(note, ", ")) != NULL; note = end + 2) {
		str_add_json(s, note, (size_t)(end - note));
		str_addc(s, ',');
	}
	str_add_json(s, note, strlen(note));
	str_addc(s, ']');
}

/* Append by what means content travelled, and which means refused. */
static void
add_means(struct str *s, const struct moved *m)
{
	if (m->method != METHOD_NONE)
		add_text(s, "how", method_name(m->method));
	if (m->method == METHOD_UPDATE)
		add_number(s, "written", m->bytes - m->holes - m->kept);
	if (m->refused != METHOD_NONE && m->refusal != 0)
		str_addf(s, ",\"fallback\":\"%s: %s\"", method_name(m->refused),
		    err_code_name(err_make(m->refusal, OP_CLONE, SIDE_NONE, -1)));
}

static void
add_item(struct str *s, const struct event *ev)
{
	str_adds(s, "{\"type\":\"item\"");
	add_text(s, "action", item_action_name(ev->action));
	add_text(s, "kind", item_kind_name(ev->what));
	add_path(s, "path", ev->path != NULL ? ev->path : ev->dst);
	add_path(s, "root", ev->root);
	if (ev->what == KIND_FILE)
		add_number(s, "bytes", ev->size);
	if (ev->note != NULL && ev->action == ACTION_LINKED)
		add_path(s, "target", ev->note);
	else if (ev->note != NULL)
		add_reasons(s, ev->note);
	add_means(s, &ev->moved);
	if (ev->verified != NULL)
		add_text(s, "verified", ev->verified);
	if (ev->hash != NULL)
		add_text(s, "hash", ev->hash);
	add_path(s, "backup", ev->backup);
	if (ev->seconds > 0)
		add_seconds(s, "seconds", (int64_t)(ev->seconds * 1e9));
	str_adds(s, "}\n");
}

static void
add_error(struct str *s, const char *type, const struct event *ev)
{
	static const char *const sides[] = {
		[SIDE_NONE] = "none",
		[SIDE_SRC] = "src",
		[SIDE_DST] = "dst",
	};
	const char *path = ev->path != NULL ? ev->path : event_name(ev);
	struct str message = STR_INIT;

	str_addf(s, "{\"type\":\"%s\"", type);
	add_text(s, "class", err_group_name(err_group(ev->err)));
	add_text(s, "op", err_op_name(ev->err));
	add_text(s, "errno", err_code_name(ev->err));
	add_path(s, "path", path);
	add_path(s, "root", ev->root);
	add_text(s, "side", sides[ev->err.side <= SIDE_DST ? ev->err.side : SIDE_NONE]);
	if (ev->err.off > 0)
		add_number(s, "offset", ev->err.off);
	add_bool(s, "fatal", ev->fatal);
	if (ev->hash != NULL)
		add_text(s, "hash", ev->hash);
	if (ev->err.op == OP_STAGE && ev->result != NULL) {
		add_text(s, "result", ev->result);
		add_number(s, "code", ev->code);
	}
	text_add_failure(&message, ev, path);
	add_text(s, "message", message.buf);
	s->failed |= message.failed;
	str_release(&message);
	str_adds(s, "}\n");
}

/* Append how a stage of a pipeline failed. */
static void
add_stage(struct str *s, const struct event *ev)
{
	str_adds(s, "{\"type\":\"stage\"");
	add_path(s, "stage", ev->src);
	add_text(s, "result", ev->result);
	add_number(s, "code", ev->code);
	add_text(s, "message", ev->note);
	str_adds(s, "}\n");
}

/* Append what was refused for safety. */
static void
add_brake(struct str *s, const struct event *ev)
{
	str_adds(s, "{\"type\":\"error\"");
	add_text(s, "class", err_group_name(ERR_GROUP_REFUSED));
	add_text(s, "op", "delete");
	add_bool(s, "fatal", false);
	add_text(s, "message", ev->note);
	str_adds(s, "}\n");
}

/* Append what a stage found out. */
static void
add_result(struct str *s, const struct event *ev)
{
	str_adds(s, "{\"type\":\"result\"");
	add_path(s, "stage", ev->src);
	add_text(s, "value", ev->result);
	str_adds(s, "}\n");
}

void
json_event(struct str *s, const struct report_opts *opts, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_ITEM:
		if (ev->action != ACTION_UNCHANGED || opts->unchanged)
			add_item(s, ev);
		break;
	case EVENT_ERROR:
		add_error(s, "error", ev);
		break;
	case EVENT_LOST:
		add_error(s, "lost", ev);
		break;
	case EVENT_VANISHED:
		add_error(s, "vanished", ev);
		break;
	case EVENT_STAGE:
		add_stage(s, ev);
		break;
	case EVENT_BRAKE:
		add_brake(s, ev);
		break;
	case EVENT_RESULT:
		add_result(s, ev);
		break;
	case EVENT_LISTED:
		listing_json(s, ev->listed);
		break;
	case EVENT_NOTE:
		break;
	}
}

void
json_progress(struct str *s, const struct progress_figures *f, int64_t errors)
{
	str_adds(s, "{\"type\":\"progress\"");
	add_number(s, "items_done", f->items_done);
	add_number(s, "items_total", f->items_found);
	add_number(s, "bytes_done", f->bytes_done);
	add_number(s, "bytes_total", f->bytes_found);
	add_bool(s, "total_final", f->walked);
	add_number(s, "rate", f->byte_rate);
	if (f->left_s >= 0)
		str_addf(s, ",\"eta\":%" PRId64 ".0", f->left_s);
	add_number(s, "errors", errors);
	str_adds(s, "}\n");
}

/* Append `,"items":{...}`. */
static void
add_items(struct str *s, const struct counts *c)
{
	str_adds(s, ",\"items\":{");
	for (int a = 0; a < ACTION_N; a++)
		str_addf(s, "\"%s\":%" PRId64 ",", item_action_name(a), c->items[a]);
	str_addf(s, "\"failed\":%" PRId64 "}", c->failed);
}

/* Append `,"how":{...}`: the means that move content. */
static void
add_how(struct str *s, const struct counts *c)
{
	str_adds(s, ",\"how\":{");
	for (int m = METHOD_CLONE; m <= METHOD_BUFFER; m++)
		str_addf(
		    s, "%s\"%s\":%" PRId64, m > METHOD_CLONE ? "," : "", method_name(m), c->how[m]);
	if (c->how[METHOD_UPDATE] > 0)
		add_number(s, method_name(METHOD_UPDATE), c->how[METHOD_UPDATE]);
	if (c->how[METHOD_COMMAND] > 0)
		add_number(s, method_name(METHOD_COMMAND), c->how[METHOD_COMMAND]);
	str_addc(s, '}');
}

/* Append `,"errors":{...}`: the groups that occurred. */
static void
add_errors(struct str *s, const struct outcome *o)
{
	const char *separator = "";

	str_adds(s, ",\"errors\":{");
	for (int g = 0; g < ERR_GROUP_N; g++) {
		if (o->groups[g].count == 0)
			continue;
		str_addf(s, "%s\"%s\":%" PRId64, separator, err_group_name(g), o->groups[g].count);
		separator = ",";
	}
	str_addc(s, '}');
}

void
json_summary(struct str *s, const struct outcome *o, int64_t omitted)
{
	const struct counts *c = &o->counts;

	str_adds(s, "{\"type\":\"summary\"");
	add_text(s, "result", outcome_result(o));
	add_number(s, "exit", outcome_status(o));
	add_items(s, c);
	str_addf(s,
	    ",\"bytes\":{\"logical\":%" PRId64 ",\"written\":%" PRId64 ",\"cloned\":%" PRId64
	    ",\"holes\":%" PRId64 "}",
	    c->logical, c->written, c->cloned, c->holes);
	add_how(s, c);
	add_errors(s, o);
	if (omitted > 0)
		add_number(s, "errors_omitted", omitted);
	add_number(s, "vanished", c->vanished);
	add_number(s, "changed", c->changed);
	add_number(s, "lost", c->lost);
	add_number(s, "verified", c->verified);
	add_seconds(s, "seconds", o->span_ns);
	add_bool(s, "interrupted", o->signal != 0);
	str_adds(s, "}\n");
}
