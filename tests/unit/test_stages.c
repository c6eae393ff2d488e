/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/stages: the stages of a pipeline, from arguments to data, or to one line of complaint. */
#include "cli/stages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	ARGS_MAX = 16 /* arguments of one pipeline here */
};

/* Arguments, what they are parsed into, and what is said of them. */
struct pipeline_line {
	char text[256];
	char *argv[ARGS_MAX + 1];
	struct cli cli;
	struct command cmd;
	enum cli_outcome outcome;
	char complaint[512]; /* the first line on stderr behind "decant: ", without its newline */
};

/* Parse ARGS: the arguments, joined by ';'. */
static void
line_parse(struct pipeline_line *l, const char *args)
{
	int saved = dup(2);
	int file = memfd_create("complaint", MFD_CLOEXEC);
	char said[512] = "";

	*l = (struct pipeline_line){ 0 };
	l->cli = (struct cli){ .cmd = &l->cmd,
		.verb = &verb_pipe,
		.opts = &l->cmd.pipe,
		.program = "decant",
		.operands = l->argv };
	(void)snprintf(l->text, sizeof(l->text), "%s", args);
	for (char *rest = args[0] != '\0' ? l->text : NULL, *arg;
	     (arg = strsep(&rest, ";")) != NULL;) {
		assert_true(l->cli.n_operands < ARGS_MAX);
		l->argv[l->cli.n_operands++] = arg;
	}
	assert_true(saved >= 0 && file >= 0 && dup2(file, 2) == 2);
	l->outcome = stages_parse(&l->cli, &l->cmd.pipe);
	assert_int_equal(dup2(saved, 2), 2);
	close(saved);
	assert_true(pread(file, said, sizeof(said) - 1, 0) >= 0);
	close(file);
	said[strcspn(said, "\n")] = '\0';
	if (said[0] != '\0')
		(void)snprintf(l->complaint, sizeof(l->complaint), "%s", said + strlen("decant: "));
}

/* Append to TEXT, if S has it, a value with a mark before it. */
static void
add_text(struct str *text, const char *mark, const char *value)
{
	if (value != NULL)
		str_addf(text, " %s%s", mark, value);
}

/* All that was understood, as text: a stage is its kind and its fields. */
static void
describe(const struct pipe_opts *opts, struct str *text)
{
	static const char *const kinds[] = { [END_FILE] = "file",
		[END_STD] = "std",
		[END_FD] = "fd",
		[END_CONNECT] = "connect",
		[END_LISTEN] = "listen",
		[STAGE_CMD] = "cmd",
		[STAGE_HASH] = "hash",
		[STAGE_TEE] = "tee",
		[STAGE_COUNT] = "count",
		[STAGE_LIMIT] = "limit",
		[STAGE_RANGE] = "range",
		[STAGE_RATE] = "rate",
		[STAGE_COPY] = "copy" };

	for (size_t i = 0; i < opts->n_stages; i++) {
		const struct stage_spec *s = &opts->stages[i];

		str_addf(text, "%s%s", i > 0 ? " | " : "", kinds[s->kind]);
		add_text(text, "", s->name);
		add_text(text, ">", s->file);
		for (const char *const *word = s->argv; word != NULL && *word != NULL; word++)
			str_addf(text, " <%s>", *word);
		if (s->kind == END_FD)
			str_addf(text, " %d", s->fd);
		if (s->kind == STAGE_RANGE)
			str_addf(text, " %lld:", (long long)s->off);
		if (s->kind == STAGE_LIMIT || s->kind == STAGE_RANGE || s->kind == STAGE_RATE)
			str_addf(text, " %lld", (long long)s->size);
	}
}

/* Arguments joined by ';', and the stages that they are. */
static const struct {
	const char *args;
	const char *stages;
} right[] = {
	/* ends */
	{ "a.img", "file a.img" },
	{ "a.img;|;b.img", "file a.img | file b.img" },
	{ "a.img;!;b.img", "file a.img | file b.img" },
	{ "my file.txt;|;another one", "file my file.txt | file another one" },
	{ "-", "std" },
	{ "-;|;-", "std | std" },
	{ "fd:3;|;fd:2147483647", "fd 3 | fd 2147483647" },
	{ "./fd:3;|;./-", "file ./fd:3 | file ./-" },
	{ "./hash;|;./copy", "file ./hash | file ./copy" },
	{ "dir/rat e;|;gz", "file dir/rat e | file gz" },
	{ "connect;host:80", "connect host:80" },
	{ "connect host:80;|;listen 65535", "connect host:80 | listen 65535" },
	{ "connect;unix:/run/s;|;listen;unix:s", "connect unix:/run/s | listen unix:s" },
	{ "connect;[::1]:80;|;listen;0.0.0.0:1", "connect [::1]:80 | listen 0.0.0.0:1" },
	{ "|x|;!;!!", "file |x| | file !!" },
	/* commands */
	{ "cmd;zstd -3", "cmd <zstd> <-3>" },
	{ "cmd;zstd;-3", "cmd <zstd> <-3>" },
	{ "cmd zstd -3", "cmd <zstd> <-3>" },
	{ "cmd;zstd", "cmd <zstd>" },
	{ "cmd zstd", "cmd <zstd>" },
	{ "cmd  zstd\t-3 ", "cmd <zstd> <-3>" },
	{ "cmd;sed 's/a b/c/'", "cmd <sed> <s/a b/c/>" },
	{ "cmd;sed;s/a b/c/", "cmd <sed> <s/a b/c/>" },
	{ "cmd 'my program'", "cmd <my program>" },
	{ "cmd;'my program'", "cmd <my program>" },
	{ "cmd;grep;", "cmd <grep> <>" },
	{ "cmd;sort;--json;--;-r;|;out", "cmd <sort> <--json> <--> <-r> | file out" },
	{ "cmd;hash sha256", "cmd <hash> <sha256>" },
	{ "cmd;sh;-c;a | b", "cmd <sh> <-c> <a | b>" },
	{ "in;|;cmd;a;!;cmd;b;c;|;cmd d", "file in | cmd <a> | cmd <b> <c> | cmd <d>" },
	/* taps */
	{ "hash;sha256", "hash sha256" },
	{ "hash sha256", "hash sha256" },
	{ "hash;sha256=sum", "hash sha256 >sum" },
	{ "hash;sha256=a=b c", "hash sha256 >a=b c" },
	{ "hash 'sha256=my sum'", "hash sha256 >my sum" },
	{ "tee;copy", "tee copy" },
	{ "tee 'a b'", "tee a b" },
	{ "count", "count" },
	{ "copy", "copy" },
	{ "limit;0", "limit 0" },
	{ "limit 10M", "limit 10485760" },
	{ "range;0:10", "range 0: 10" },
	{ "range 1K:2KB", "range 1024: 2000" },
	{ "rate;1G", "rate 1073741824" },
	{ "a;|;hash;xxh128;|;cmd;zstd -3;|;a.zst",
	    "file a | hash xxh128 | cmd <zstd> <-3> | file a.zst" },
	{ "copy;|;count;|;copy", "copy | count | copy" },
};

static void
stages_become_data(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		struct pipeline_line l;
		struct str text = STR_INIT;

		line_parse(&l, right[i].args);
		if (l.outcome != CLI_RUN)
			fail_msg("'%s' was refused: %s", right[i].args, l.complaint);
		describe(&l.cmd.pipe, &text);
		assert_string_equal(text.buf, right[i].stages);
		assert_string_equal(l.complaint, "");
		str_release(&text);
		stages_release(&l.cmd.pipe);
		assert_int_equal(l.cmd.pipe.n_stages, 0);
	}
}

/* Arguments joined by ';', and what is said of them. */
static const struct {
	const char *args;
	const char *complaint;
} wrong[] = {
	{ "a;|;hash;sha3;|;b",
	    "invalid value 'sha3' for 'hash' (use xxh128, xxh64, sha256, sha512, "
	    "blake2b, sha1, md5)" },
	{ "|", "missing stage before '|'" },
	{ "!;a", "missing stage before '!'" },
	{ "a;|", "missing stage after '|'" },
	{ "a;!", "missing stage after '!'" },
	{ "a;|;!;b", "missing stage between '|' and '!'" },
	{ "a;|;|;b", "missing stage between '|' and '|'" },
	{ "a;|;;|;b", "a stage is empty" },
	{ ";|;b", "a stage is empty" },
	/* what is no stage */
	{ "a;|;hsah;sha256;|;b", "unknown stage 'hsah'; did you mean 'hash'?" },
	{ "a;|;cuont;|;b", "unknown stage 'cuont'; did you mean 'count'?" },
	{ "a;|;hsah sha256",
	    "unknown stage 'hsah sha256'; did you mean 'hash'? (a file's name needs a slash then: "
	    "./NAME)" },
	{ "sort;-r;|;b", "unknown stage 'sort' (use 'cmd' to run a command; only the first and the "
			 "last can be a file)" },
	{ "a;|;middle file;|;b",
	    "unknown stage 'middle file' (use 'cmd' to run a command; only the first and the last "
	    "can be a file)" },
	{ "a;|;./hash;|;b", "unknown stage './hash' (use 'cmd' to run a command; only the first "
			    "and the last can be a file)" },
	{ "a;|;\033[1m;|;b", "unknown stage ''$'\\033''[1m' (use 'cmd' to run a command; only the "
			     "first and the last "
			     "can be a file)" },
	{ "a;|;gzip;|;b", "there is no stage 'gzip' yet; use cmd gzip" },
	{ "a;|;gunzip;|;b", "there is no stage 'gunzip' yet; use cmd 'gzip -dc'" },
	{ "a;|;zstd;-3;|;b", "there is no stage 'zstd' yet; use cmd zstd" },
	{ "a;|;unzstd", "there is no stage 'unzstd' yet; use cmd 'zstd -dc'" },
	/* ends in the middle */
	{ "a;|;-;|;b", "'-' can only be the first or the last stage" },
	{ "a;|;fd:3;|;b", "'fd:3' can only be the first or the last stage" },
	{ "a;|;connect;h:1;|;b", "'connect' can only be the first or the last stage" },
	{ "a;|;listen 1;|;b", "'listen 1' can only be the first or the last stage" },
	/* values */
	{ "hash", "stage 'hash' needs a value (ALGO[=FILE])" },
	{ "cmd", "stage 'cmd' needs a value (COMMAND)" },
	{ "cmd;", "stage 'cmd' needs a value (COMMAND)" },
	{ "cmd; ", "stage 'cmd' needs a value (COMMAND)" },
	{ "cmd;''", "stage 'cmd' needs a value (COMMAND)" },
	{ "cmd ''", "stage 'cmd' needs a value (COMMAND)" },
	{ "cmd ", "stage 'cmd' needs a value (COMMAND)" },
	{ "cmd;;a", "stage 'cmd' needs a value (COMMAND)" },
	{ "limit ;|;b", "stage 'limit' needs a value (BYTES)" },
	{ "count;1", "extra word '1' in the stage 'count'" },
	{ "copy of a", "extra word 'of' in the stage 'copy'" },
	{ "tee;a;b", "extra word 'b' in the stage 'tee'" },
	{ "hash sha256 | cmd zstd", "extra word '|' in the stage 'hash'" },
	{ "tee;", "invalid value '' for 'tee' (use the name of a file)" },
	{ "hash;=x", "invalid value '=x' for 'hash' (use ALGO or ALGO=FILE)" },
	{ "hash;md5=", "invalid value 'md5=' for 'hash' (use ALGO or ALGO=FILE)" },
	{ "limit;10X", "invalid value '10X' for 'limit' (use a size such as 4096 or 10M)" },
	{ "limit;-1", "invalid value '-1' for 'limit' (use a size such as 4096 or 10M)" },
	{ "limit;9999999999999999999",
	    "invalid value '9999999999999999999' for 'limit' (use a size such as 4096 or 10M)" },
	{ "range;5", "invalid value '5' for 'range' (use OFF:LEN, sizes such as 1M:4096)" },
	{ "range;:5", "invalid value ':5' for 'range' (use OFF:LEN, sizes such as 1M:4096)" },
	{ "range;9223372036854775807:1", "invalid value '9223372036854775807:1' for 'range' (use "
					 "OFF:LEN, sizes such as 1M:4096)" },
	{ "rate;0", "invalid value '0' for 'rate' (use a size a second such as 10M)" },
	{ "fd:", "invalid descriptor 'fd:' (use fd:N)" },
	{ "fd:x", "invalid descriptor 'fd:x' (use fd:N)" },
	{ "fd:1K", "invalid descriptor 'fd:1K' (use fd:N)" },
	{ "fd:2147483648", "invalid descriptor 'fd:2147483648' (use fd:N)" },
	{ "connect;80", "invalid value '80' for 'connect' (use HOST:PORT or unix:PATH)" },
	{ "connect;:80", "invalid value ':80' for 'connect' (use HOST:PORT or unix:PATH)" },
	{ "connect;h:0", "invalid value 'h:0' for 'connect' (use HOST:PORT or unix:PATH)" },
	{ "connect;h:", "invalid value 'h:' for 'connect' (use HOST:PORT or unix:PATH)" },
	{ "connect;::1:80", "invalid value '::1:80' for 'connect' (use HOST:PORT or unix:PATH)" },
	{ "connect;[]:80", "invalid value '[]:80' for 'connect' (use HOST:PORT or unix:PATH)" },
	{ "connect;unix:", "invalid value 'unix:' for 'connect' (use HOST:PORT or unix:PATH)" },
	{ "listen;65536", "invalid value '65536' for 'listen' (use PORT, HOST:PORT or unix:PATH)" },
	{ "listen;1K", "invalid value '1K' for 'listen' (use PORT, HOST:PORT or unix:PATH)" },
};

static void
mistakes_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct pipeline_line l;

		line_parse(&l, wrong[i].args);
		assert_string_equal(l.complaint, wrong[i].complaint);
		assert_int_equal(l.outcome, CLI_USAGE);
		stages_release(&l.cmd.pipe);
	}
}

/* What the splitter calls it is its own affair. */
static void
bad_quotes_are_refused(void **state)
{
	struct pipeline_line l;

	(void)state;
	line_parse(&l, "cmd;sed 's/a");
	assert_int_equal(l.outcome, CLI_USAGE);
	assert_memory_equal(l.complaint, "cannot split ", strlen("cannot split "));
	stages_release(&l.cmd.pipe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages_become_data),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(bad_quotes_are_refused),
	};
	return cmocka_run_group_tests_name("stages", tests, NULL, NULL);
}
