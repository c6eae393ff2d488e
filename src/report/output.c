/* SPDX-License-Identifier: BSD-2-Clause */
/* Standard output and standard error, with the progress line kept out of the way of both. */
#include "report/output.h"

enum {
	FD_OUT = 1,
	FD_ERR = 2,
	OWED_MAX = 1 << 16 /* standard output goes in such pieces; chosen: a pipe's capacity */
};

void
output_init(struct output *o, const struct report_opts *opts, struct live *live, int64_t now_ns)
{
	*o = (struct output){ .opts = opts, .owed = STR_INIT };
	progress_init(&o->progress, opts, live, now_ns);
}

void
output_release(struct output *o)
{
	str_release(&o->owed);
}

/* Write TEXT to standard error.  A failure has nowhere to be told. */
static void
write_err(struct output *o, const struct str *text)
{
	if (text->len > 0)
		(void)o->opts->io.write(FD_ERR, text->buf, text->len);
}

void
output_say(struct output *o, const struct str *lines)
{
	struct str all = STR_INIT;

	if (lines->len == 0)
		return;
	progress_erase(&o->progress, &all);
	str_add(&all, lines->buf, lines->len);
	progress_redraw(&o->progress, o->opts->io.now_ns(), &all);
	write_err(o, all.failed ? lines : &all);
	str_release(&all);
}

void
output_flush(struct output *o)
{
	if (o->owed.failed && !err_failed(o->error))
		o->error = str_check(&o->owed);
	if (o->owed.len > 0 && !err_failed(o->error))
		o->error = o->opts->io.write(FD_OUT, o->owed.buf, o->owed.len);
	str_clear(&o->owed);
}

void
output_print(struct output *o, const struct str *lines)
{
	struct str bar = STR_INIT;

	o->owed.failed |= lines->failed;
	if (lines->len == 0)
		return;
	if (o->opts->io.stdout_is_data) {
		output_say(o, lines);
		return;
	}
	str_add(&o->owed, lines->buf, lines->len);
	if (!o->opts->io.stdout_is_tty) {
		if (o->owed.len >= OWED_MAX)
			output_flush(o);
		return;
	}
	progress_erase(&o->progress, &bar);
	write_err(o, &bar);
	output_flush(o);
	str_clear(&bar);
	progress_redraw(&o->progress, o->opts->io.now_ns(), &bar);
	write_err(o, &bar);
	str_release(&bar);
}

void
output_tick(struct output *o, int64_t now_ns)
{
	struct str bar = STR_INIT;

	progress_tick(&o->progress, now_ns, &bar);
	write_err(o, &bar);
	str_release(&bar);
}

void
output_pause(struct output *o, bool paused)
{
	struct str bar = STR_INIT;

	progress_erase(&o->progress, &bar);
	write_err(o, &bar);
	str_release(&bar);
	o->progress.paused = paused;
}
