/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/layout: golden rows, refusals, and what holds of every pipeline of three stages. */
#include "pipe/layout.h"
#include "tables/layout.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A stage that has nothing but ports. */
struct fake {
	struct stage stage;
	struct port in, out;
};

static void
fake_ports(const struct stage *s, struct port *in, struct port *out)
{
	const struct fake *f = (const struct fake *)s;
	*in = f->in;
	*out = f->out;
}

static const struct stage_ops fake_ops = { .ports = fake_ports };

#define ANY                      \
	{                        \
		.want = WANT_ANY \
	}
#define STABLE                                   \
	{                                        \
		.want = WANT_ANY, .stable = true \
	}
#define FD                                    \
	{                                     \
		.want = WANT_FD, .must = true \
	}
#define MEM                                    \
	{                                      \
		.want = WANT_MEM, .must = true \
	}
#define SOFT                    \
	{                       \
		.want = WANT_FD \
	}
#define REGULAR                                 \
	{                                       \
		.want = WANT_FILE, .must = true \
	}
#define NOTHING                   \
	{                         \
		.want = WANT_NONE \
	}
#define FAKE(name_, kind_, in_, out_)                                                   \
	{                                                                               \
		.stage = { .ops = &fake_ops, .name = name_, .kind = kind_ }, .in = in_, \
		.out = out_,                                                            \
	}

/* clang-format off */
static struct fake fakes[] = {
	FAKE("hash", STAGE_TAP, STABLE, STABLE),
	FAKE("count", STAGE_TAP, ANY, ANY),
	FAKE("zstd", STAGE_COMMAND, FD, FD),
	FAKE("tar", STAGE_COMMAND, FD, FD),
	FAKE("gen", STAGE_COMMAND, NOTHING, FD),
	FAKE("put", STAGE_COMMAND, FD, NOTHING),
	FAKE("own", STAGE_COMMAND, FD, REGULAR),
	FAKE("sort", STAGE_FUNCTION, ANY, ANY),
	FAKE("mem", STAGE_FUNCTION, MEM, MEM),
	FAKE("soft", STAGE_FUNCTION, SOFT, SOFT),
	FAKE("bare", STAGE_FUNCTION, FD, FD),
	FAKE("look", STAGE_FUNCTION, STABLE, ANY),
	FAKE("make", STAGE_FUNCTION, NOTHING, ANY),
	FAKE("take", STAGE_FUNCTION, ANY, NOTHING),
	FAKE("seek", STAGE_FUNCTION, REGULAR, ANY),
	FAKE("cat", STAGE_FUNCTION, ANY, ANY),
};

/* clang-format on */

enum { FAKES = sizeof(fakes) / sizeof(fakes[0]), STAGES_MAX = 8 };

/* Pieces, and the storage that they borrow. */
struct bench {
	struct stage *stages[STAGES_MAX];
	struct layout_pieces pieces;
};

static struct stage *
fake_of(const char *name)
{
	for (size_t i = 0; i < FAKES; i++) {
		fakes[i].stage.identity = strcmp(fakes[i].stage.name, "cat") == 0;
		if (strcmp(fakes[i].stage.name, name) == 0)
			return &fakes[i].stage;
	}
	return NULL;
}

static struct layout_end
end_of(const char *name)
{
	static const struct layout_end ends[] = {
		{ WANT_FILE, "file" },
		{ WANT_FD, "fd" },
		{ WANT_MEM, "mem" },
		{ WANT_NONE, "none" },
	};
	for (size_t i = 0; i < 4; i++) {
		if (strcmp(ends[i].name, name) == 0)
			return ends[i];
	}
	fail_msg("%s is no end", name);
	return ends[0];
}

/* Read WORDS, as the table writes pipelines. */
static void
bench_read(struct bench *b, const char *words)
{
	char *copy = strdup(words);
	char *rest = copy;
	char *word = strsep(&rest, " ");

	*b = (struct bench){ .pieces.source = end_of(word) };
	b->pieces.stages = b->stages;
	for (word = strsep(&rest, " "); rest != NULL; word = strsep(&rest, " ")) {
		struct stage *s = fake_of(word);
		if (s == NULL)
			fail_msg("%s is no stage", word);
		b->stages[b->pieces.n_stages++] = s;
	}
	b->pieces.sink = end_of(word);
	free(copy);
}

static const char *
parts_of(const struct layout *l, char *text)
{
	for (size_t i = 0; i < l->n_parts; i++) {
		const struct layout_part *p = &l->parts[i];
		text[i] = p->stage != NULL ? '*' : "mM"[p->stable];
	}
	text[l->n_parts] = '\0';
	return text;
}

/* WORDS with bars between, "none" at the ends being "nothing". */
static void
add_pipeline(struct str *out, const char *words)
{
	for (const char *at = words; *at != '\0';) {
		size_t len = strcspn(at, " ");
		if (at > words)
			str_adds(out, " | ");
		if (len == 4 && memcmp(at, "none", 4) == 0)
			str_adds(out, "nothing");
		else
			str_add(out, at, len);
		at += len + (at[len] == ' ');
	}
}

static void
pipelines_are_laid_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;
		struct layout l;
		struct layout_fault fault;
		char parts[2 * STAGES_MAX + 2];
		struct str line = STR_INIT, expected = STR_INIT;

		bench_read(&b, rows[i].words);
		assert_false(err_failed(layout_make(&b.pieces, &l, &fault)));
		layout_explain(&b.pieces, &l, &line);
		add_pipeline(&expected, rows[i].words);
		str_addf(&expected, "     links: %s", rows[i].links);
		assert_string_equal(line.buf, expected.buf);
		if (strcmp(parts_of(&l, parts), rows[i].parts) != 0)
			print_message("# %s\n", rows[i].words);
		assert_string_equal(parts, rows[i].parts);
		layout_release(&l);
		str_release(&line);
		str_release(&expected);
	}
}

static void
what_cannot_be_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct bench b;
		struct layout l;
		struct layout_fault fault = { 0 };

		bench_read(&b, refusals[i].words);
		struct err e = layout_make(&b.pieces, &l, &fault);
		if (e.code != EINVAL)
			print_message("# %s\n", refusals[i].words);
		assert_int_equal(e.code, EINVAL);
		assert_int_equal(e.op, OP_REFUSE);
		assert_int_equal(fault.stage, refusals[i].stage);
		assert_string_equal(fault.stream, refusals[i].stream);
		assert_string_equal(fault.why, refusals[i].why);
		layout_release(&l);
	}
}

/* Row 26 of tests/STAGES.md. */
static void
the_line_of_the_manual(void **state)
{
	struct fake hash = FAKE("hash xxh128", STAGE_TAP, STABLE, STABLE);
	struct stage *stages[] = { &hash.stage };
	struct layout_pieces pieces = { { WANT_FILE, "file" }, stages, 1, { WANT_FILE, "file" } };
	struct layout l;
	struct layout_fault fault;
	struct str line = STR_INIT;
	(void)state;

	assert_false(err_failed(layout_make(&pieces, &l, &fault)));
	layout_explain(&pieces, &l, &line);
	assert_string_equal(line.buf, "file | hash xxh128 | file     links: read, fused, write");
	layout_release(&l);
	str_release(&line);
}

static void
names_cannot_drive_a_terminal(void **state)
{
	struct layout_pieces pieces = { .source = { WANT_FILE, "\033[31mred" },
		.sink = { WANT_FD, NULL } };
	struct layout l;
	struct layout_fault fault;
	struct str text = STR_INIT;
	(void)state;

	assert_false(err_failed(layout_make(&pieces, &l, &fault)));
	layout_explain(&pieces, &l, &text);
	layout_explain_joints(&pieces, &l, &text);
	assert_null(strchr(text.buf, '\033'));
	layout_release(&l);
	str_release(&text);
}

static const struct {
	const char *words;
	const char *lines;
} joints[] = {
	{ "file cat file",
	    "file (file) -> file (file): kernel, both ends are descriptors and nobody "
	    "looks at the bytes; left out: cat\n" },
	{ "file hash zstd cat sort none",
	    "file (file) -> mover (mem, stable): read, the right side wants blocks of a "
	    "descriptor\n"
	    "mover (mem, stable) -> zstd (fd, must): write, the left side has blocks for a "
	    "descriptor; fused on the left: hash\n"
	    "zstd (fd, must) -> sort (any): pipe, a side works on descriptors, and neither has "
	    "one; "
	    "left out: cat\n"
	    "sort (any) -> nothing (none): none, nothing flows here\n" },
	{ "fd count hash sort mem",
	    "fd (fd) -> sort (any): read, the right side wants blocks of a descriptor; "
	    "fused on the right: count, hash\n"
	    "sort (any) -> mem (mem): ring, both sides work in memory\n" },
	{ "none none", "nothing (none) -> nothing (none): none, nothing flows here\n" },
};

static void
joints_are_listed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(joints) / sizeof(joints[0]); i++) {
		struct bench b;
		struct layout l;
		struct layout_fault fault;
		struct str lines = STR_INIT;

		bench_read(&b, joints[i].words);
		assert_false(err_failed(layout_make(&b.pieces, &l, &fault)));
		layout_explain_joints(&b.pieces, &l, &lines);
		assert_string_equal(lines.buf, joints[i].lines);
		layout_release(&l);
		str_release(&lines);
	}
}

/* What must hold of any layout: each stage is in one place, in order, and taps have a feeder. */
static void
layout_check(const struct layout_pieces *pieces, const struct layout *l)
{
	size_t next = 0;

	for (size_t j = 0; j <= l->n_parts; j++) {
		const struct layout_joint *joint = &l->joints[j];
		bool tapped = false;

		assert_int_equal(joint->first_tap, next);
		for (; next < joint->first_tap + joint->n_taps; next++) {
			const struct stage *s = pieces->stages[next];
			assert_true(s->identity || s->kind == STAGE_TAP);
			tapped = tapped || !s->identity;
		}
		assert_int_equal(tapped, joint->taps != TAPS_NONE);
		assert_true(joint->taps != TAPS_ON_OUT || j > 0);
		assert_true(joint->taps != TAPS_ON_IN || j < l->n_parts);
		assert_true(
		    joint->link < LINK_N && joint->link != LINK_BAD && joint->link != LINK_FUSED);
		/* Taps are shown blocks: nothing may bypass those who have them. */
		assert_false(tapped && (joint->link == LINK_PASS || joint->link == LINK_PIPE ||
					   joint->link == LINK_KERNEL));
		/* Outside of its ends a pipeline has nothing that could be handed over. */
		assert_true(joint->link != LINK_PASS || j == 0 || j == l->n_parts);
		if (j == l->n_parts)
			break;
		if (l->parts[j].stage != NULL)
			assert_ptr_equal(l->parts[j].stage, pieces->stages[next++]);
		else
			assert_true(joint->link == LINK_KERNEL || joint->link == LINK_READ ||
				    joint->link == LINK_NONE || joint->link == LINK_RING);
	}
	assert_int_equal(next, pieces->n_stages);
}

static void
every_pipeline_of_three_stages_is_sound(void **state)
{
	static const char *const ends[] = { "file", "fd", "mem", "none" };
	unsigned laid_out = 0, refused = 0;
	(void)state;

	(void)fake_of("cat");
	for (size_t i = 0; i < (size_t)16 * FAKES * FAKES * FAKES; i++) {
		struct stage *stages[] = {
			&fakes[i / 16 % FAKES].stage,
			&fakes[i / 16 / FAKES % FAKES].stage,
			&fakes[i / 16 / FAKES / FAKES].stage,
		};
		struct layout_pieces pieces = {
			.source = end_of(ends[i % 4]),
			.stages = stages,
			.n_stages = i % 3 + 1,
			.sink = end_of(ends[i / 4 % 4]),
		};
		struct layout l;
		struct layout_fault fault = { 0 };

		/* A stage stands in one place only. */
		if (stages[0] == stages[1] || stages[1] == stages[2] || stages[0] == stages[2])
			continue;
		struct err e = layout_make(&pieces, &l, &fault);
		if (err_failed(e)) {
			assert_int_equal(e.code, EINVAL);
			assert_true(fault.stage < pieces.n_stages);
			assert_non_null(fault.stream);
			assert_non_null(fault.why);
			refused++;
		} else {
			layout_check(&pieces, &l);
			laid_out++;
		}
		layout_release(&l);
	}
	assert_true(laid_out > 10000 && refused > 10000);
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
static int calls_until_failure = -1;

void *
__wrap_calloc(size_t n, size_t size)
{
	if (calls_until_failure == 0)
		return NULL;
	calls_until_failure -= calls_until_failure > 0;
	return __real_calloc(n, size);
}

static void
a_lack_of_memory_is_told(void **state)
{
	(void)state;
	for (int calls = 0; calls < 2; calls++) {
		struct bench b;
		struct layout l;
		struct layout_fault fault;

		bench_read(&b, "file zstd file");
		calls_until_failure = calls;
		struct err e = layout_make(&b.pieces, &l, &fault);
		calls_until_failure = -1;
		assert_int_equal(e.code, ENOMEM);
		assert_int_equal(e.op, OP_MEMORY);
		layout_release(&l);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipelines_are_laid_out),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(the_line_of_the_manual),
		cmocka_unit_test(names_cannot_drive_a_terminal),
		cmocka_unit_test(joints_are_listed),
		cmocka_unit_test(every_pipeline_of_three_stages_is_sound),
		cmocka_unit_test(a_lack_of_memory_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
