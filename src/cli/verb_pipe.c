/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb pipe: what its own options do, and its table. */
#include "base/size.h"
#include "cli/rows.h"
#include "cli/stages.h"

#include <stdlib.h>
#include <string.h>

/* Append a setting; there is room for one an argument. */
static enum cli_outcome
apply_env(struct cli *c, const struct opt *o, const char *value)
{
	struct pipe_opts *opts = &c->cmd->pipe;

	if (value[0] == '\0' || value[0] == '=')
		return cli_complain_value(c, o->name, value, "NAME=VALUE, or NAME to remove it");
	if (opts->env == NULL)
		opts->env = calloc(c->argc, sizeof(*opts->env));
	if (opts->env == NULL)
		return cli_complain(c, "out of memory", NULL);
	opts->env[opts->n_env++] = value;
	return CLI_RUN;
}

static enum cli_outcome
apply_mem_limit(struct cli *c, const struct opt *o, const char *value)
{
	int64_t *limit = opt_field(c, o);

	if (!size_parse(value, limit) || *limit == 0)
		return cli_complain_value(c, o->name, value, "a size such as 64M or 2G");
	return CLI_RUN;
}

static enum cli_outcome
apply_timeout(struct cli *c, const struct opt *o, const char *value)
{
	int64_t *ms = opt_field(c, o);

	if (!duration_parse(value, ms) || *ms == 0)
		return cli_complain_value(
		    c, o->name, value, "a time such as 1.5, 500ms, 10s, 2m or 1h");
	return CLI_RUN;
}

static enum cli_outcome
apply_ignore(struct cli *c, const struct opt *o, const char *value)
{
	if (!verdict_ignore_parse(value, opt_field(c, o)))
		return cli_complain_value(
		    c, o->name, value, "pipe, any, exit:N or signal:NAME, joined by commas");
	return CLI_RUN;
}

#define OPTS         struct pipe_opts
#define LETTER_QUIET "q"
static const struct opt opts[] = {
#include "cli/pipe.def"
};
static_assert(COUNT(opts) <= OPT_MAX);

/* Of time limits, env, pv, dd. */
static const struct alien aliens[] = {
	{ "--bwlimit", "; use the stage 'rate'" },
	{ "--count", "; use the stage 'count'" },
	{ "--cwd", "; use '--chdir'" },
	{ "--hash", "; use the stage 'hash'" },
	{ "--jobs", ", whose stages all run at once" },
	{ "--kill-after", "; a command has 2 seconds to end" },
	{ "--listen", "; use the stage 'listen'" },
	{ "--output", "; the last stage names the output" },
	{ "--rate-limit", "; use the stage 'rate'" },
	{ "--setenv", "; use '--env'" },
	{ "--tee", "; use the stage 'tee'" },
	{ "--through", "; use the stage 'cmd'" },
	{ "--unset", "; use '--env=NAME'" },
	{ "--verbose", "; use '--explain'" },
	{ "-C", "; use '--chdir'" },
	{ "-h", "; use '--help'" },
	{ "-o", "; the last stage names the output" },
	{ "-v", "; use '--explain'" },
};

static const char *const forms[] = { "[OPTION]... [STAGE ['|' STAGE]...]", NULL };

static struct report_opts *
begin(struct cli *c)
{
	c->cmd->pipe = (struct pipe_opts){ 0 };
	return &c->cmd->pipe.report;
}

static bool
has_command(const struct pipe_opts *pipe)
{
	for (size_t i = 0; i < pipe->n_stages; i++) {
		if (pipe->stages[i].kind == STAGE_CMD)
			return true;
	}
	return false;
}

static enum cli_outcome
settle(struct cli *c)
{
	struct pipe_opts *pipe = &c->cmd->pipe;

	if (stages_parse(c, pipe) != CLI_RUN)
		return CLI_USAGE;

	if (pipe->mem_limit > 0 && !has_command(pipe))
		return cli_complain(c, "'--mem-limit' is for commands, and no stage is one", NULL);
	const struct stage_spec *source = pipe_source(pipe);
	const struct stage_spec *sink = pipe_sink(pipe);
	if (pipe->report.json && pipe_ends_on_stdout(pipe))
		return cli_complain(c,
		    "data and --json would both go to standard output (use --report=FILE)", NULL);
	if (source != NULL && source->kind == END_FILE) {
		pipe->report.srcs = &source->name;
		pipe->report.n_srcs = 1;
	}
	if (sink != NULL && sink->kind == END_FILE)
		pipe->report.dst = sink->name;
	return CLI_RUN;
}

static int
run(struct command *cmd)
{
	return pipe_run(&cmd->pipe);
}

static void
release(struct command *cmd)
{
	struct pipe_opts *pipe = &cmd->pipe;

	stages_release(pipe);
	free(pipe->env);
	pipe->env = NULL;
	pipe->n_env = 0;
}

const struct verb verb_pipe = {
	.name = "pipe",
	.forms = forms,
	.purpose = "Pass bytes from one end through stages to the other, on the shortest way.",
	.table = { opts, COUNT(opts), aliens, COUNT(aliens), .first = true },
	.begin = begin,
	.settle = settle,
	.print_more = stages_print_help,
	.run = run,
	.release = release,
};
