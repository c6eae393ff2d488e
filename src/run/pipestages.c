/* SPDX-License-Identifier: BSD-2-Clause */
/* The stages of `pipe`, from what was typed to what runs, and what they found out. */
#include "pipe/command.h"
#include "pipe/function.h"
#include "pipe/wrap.h"
#include "run/piping.h"
#include "sys/fs.h"
#include "sys/net.h"
#include "sys/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Keep the digest that a hash stage tells. */
static void
keep_digest(void *arg, const char *algo, const char *hex, int64_t bytes)
{
	struct piping_stage *s = arg;

	(void)algo;
	(void)bytes;
	memcpy(s->digest, hex, strlen(hex) + 1);
}

/* The body of the stage `copy`. */
static struct err
pass_all(void *arg, struct in *in, struct out *out, bool *early)
{
	const void *bytes;
	size_t n;

	(void)arg;
	(void)early;
	for (;;) {
		TRY(in_peek(in, 1, &bytes, &n));
		if (n == 0)
			return ERR_OK;
		TRY(out_write(out, bytes, n));
		in_take(in, n);
	}
}

static struct stage *
make_copy(void)
{
	struct function f = {
		.name = "copy",
		.body = pass_all,
		.in = { .want = WANT_ANY },
		.out = { .want = WANT_ANY },
		.identity = true,
	};
	return function_new(&f);
}

/* A command with the limits and the ends that the options speak of. */
static struct stage *
make_command(const struct pipe_opts *opts, const struct stage_spec *spec)
{
	struct limits limits = { .memory = opts->mem_limit, .peak = opts->report.stats };
	struct stage *s = command_new(spec->argv);

	if (s != NULL && (limits.memory > 0 || limits.peak))
		s = wrap_limits(s, &limits);
	if (s != NULL)
		s = wrap_ignore(s, &opts->ignore);
	return s;
}

/* Find the algorithm of a hash stage.  False: it was told why not. */
static bool
find_algo(struct piping *p, struct piping_stage *s)
{
	const char *why = NULL;
	struct err err = digest_find(s->spec->name, &s->algo, &why);

	if (err_failed(err))
		piping_tell(p, s->spec->name, err, why);
	return !err_failed(err);
}

static struct stage *
make_stage(struct piping *p, struct piping_stage *s)
{
	const struct stage_spec *spec = s->spec;

	switch (spec->kind) {
	case STAGE_CMD:
		return make_command(p->opts, spec);
	case STAGE_HASH:
		return tap_hash_new(s->algo, keep_digest, s);
	case STAGE_TEE:
		return tap_tee_new(spec->name, &s->file.fd);
	case STAGE_COUNT:
		return tap_count_new(&s->counts);
	case STAGE_LIMIT:
		return tap_limit_new(spec->size);
	case STAGE_RANGE:
		return tap_range_new(spec->off, spec->size);
	case STAGE_RATE:
		return tap_rate_new(spec->size, p->cancel);
	default:
		return make_copy();
	}
}

bool
piping_make_stages(struct piping *p)
{
	const struct pipe_opts *opts = p->opts;

	p->stages = calloc(opts->n_stages + 1, sizeof p->stages[0]);
	struct err err = p->stages == NULL ? err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1) : ERR_OK;
	for (size_t i = 0; !err_failed(err) && i < opts->n_stages; i++) {
		if (stage_is_end(&opts->stages[i]))
			continue;
		struct piping_stage *s = &p->stages[p->n++];
		*s = (struct piping_stage){
			.spec = &opts->stages[i],
			.file = { .fd = -1, .dir = -1 },
		};
		if (s->spec->kind == STAGE_HASH && !find_algo(p, s))
			return false;
		struct stage *stage = make_stage(p, s);
		if (stage == NULL)
			err = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		else
			err = pipeline_add(p->pipeline, stage);
		s->label = stage != NULL ? stage->name : NULL;
	}
	if (err_failed(err))
		piping_tell(p, NULL, err, NULL);
	return !err_failed(err);
}

/* Print or write the line LINE, of which VALUE is what matters, of stage S. */
static void
give_result(struct piping *p, const struct piping_stage *s, struct str *line, const char *value)
{
	const char *file = s->spec->file;
	struct err err = str_check(line);

	if (!err_failed(err) && file != NULL) {
		str_addc(line, '\n');
		err = fs_write_text(file, line->buf, line->len);
		if (err_failed(err))
			piping_tell(p, file, err, NULL);
		return;
	}
	struct event ev = {
		.kind = EVENT_RESULT,
		.src = s->label,
		.note = line->buf,
		.result = value,
	};
	report_emit(p->report, &ev);
}

/* Tell what stage S found out. */
static void
conclude_stage(struct piping *p, const struct piping_stage *s)
{
	const char *name = p->source.is_std ? "-" : p->source.end.name;
	struct str line = STR_INIT;
	struct str value = STR_INIT;

	if (s->spec->kind == STAGE_HASH && s->digest[0] != '\0') {
		str_addf(&line, "%s  ", s->digest);
		str_add_shown(&line, name, strlen(name));
		give_result(p, s, &line, s->digest);
	} else if (s->spec->kind == STAGE_COUNT) {
		str_addf(&value, "%" PRId64 " bytes, %" PRId64 " lines", s->counts.bytes,
		    s->counts.lines);
		str_add(&line, value.buf, value.len);
		give_result(p, s, &line, value.buf);
	}
	str_release(&line);
	str_release(&value);
}

/* Make the file of S appear; true if all went well. */
static bool
publish(struct piping *p, const char *name, struct outfile *file)
{
	struct err err = outfile_publish(file, p->opts->fsync != FSYNC_NONE);

	if (err_failed(err))
		piping_tell(p, name, err, NULL);
	return !err_failed(err);
}

/* True when S, if it is a hash, has its digest; else it is told that a later stage ended the stream. */
static bool
has_digest(struct piping *p, const struct piping_stage *s)
{
	struct event ev = {
		.kind = EVENT_STAGE,
		.src = s->label,
		.note = "has no digest: a later stage ended before all bytes had passed",
		.result = "cut",
		.status = EXIT_PARTIAL,
	};

	if (s->spec->kind != STAGE_HASH || s->digest[0] != '\0')
		return true;
	report_emit(p->report, &ev);
	return false;
}

/* End the connection that P wrote to: its peer is to see the end of the data only when there was one. */
static void
end_connection(struct piping *p, bool well)
{
	int *peer = &p->sink.peer;

	if (*peer >= 0 && well)
		net_shutdown_write(*peer);
	else if (*peer >= 0)
		net_abort(*peer);
	proc_close(peer);
}

void
piping_conclude(struct piping *p, bool well)
{
	struct outfile *sink = &p->sink.file;

	for (size_t i = 0; well && i < p->n; i++)
		well = has_digest(p, &p->stages[i]);
	for (size_t i = 0; i < p->n; i++) {
		struct piping_stage *s = &p->stages[i];
		if (well && s->file.fd >= 0)
			well = publish(p, s->spec->name, &s->file);
		outfile_discard(&s->file);
	}
	if (well && sink->fd >= 0)
		well = publish(p, p->sink.end.name, sink);
	outfile_discard(sink);
	end_connection(p, well);
	for (size_t i = 0; well && i < p->n; i++)
		conclude_stage(p, &p->stages[i]);
}

void
piping_release(struct piping *p)
{
	pipeline_free(p->pipeline);
	for (size_t i = 0; i < p->n; i++)
		outfile_discard(&p->stages[i].file);
	outfile_discard(&p->sink.file);
	end_connection(p, false);
	if (p->source.end.owned) /* it never came to the pipeline */
		proc_close(&p->source.end.fd);
	free(p->stages);
}
