/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/verb: the table of verbs and their options, and what pipe makes of its own. */
#include "cli/verb.h"
#include "line.h"

static void
pipe_has_its_own_options(void **state)
{
	struct line l;

	(void)state;
	setenv("DECANT_JOBS", "many", 1); /* pipe has no --jobs */
	line_accept(&l, "decant pipe --env=A=b --env=C --mem-limit=64M --timeout 1.5 --chdir=/d "
			"--fsync=end --explain --ignore=pipe -q in");
	const struct pipe_opts *opts = &l.cmd.pipe;
	assert_ptr_equal(l.cmd.verb, &verb_pipe);
	assert_int_equal(opts->n_env, 2);
	assert_string_equal(opts->env[0], "A=b");
	assert_string_equal(opts->env[1], "C");
	assert_int_equal(opts->mem_limit, 64 << 20);
	assert_int_equal(opts->timeout_ms, 1500);
	assert_string_equal(opts->chdir, "/d");
	assert_int_equal(opts->fsync, FSYNC_END);
	assert_true(opts->report.explain);
	assert_true(opts->ignore.pipe);
	assert_true(opts->report.quiet);
	assert_string_equal(opts->report.verb, "pipe");
	assert_string_equal(opts->report.program, "decant");
	line_release(&l);
}

static void
options_of_commands_are_theirs(void **state)
{
	struct line l;

	(void)state;
	line_accept(&l, "decant pipe --stats cmd sort --json --help | out");
	assert_true(l.cmd.pipe.report.stats);
	assert_false(l.cmd.pipe.report.json);
	assert_int_equal(l.cmd.pipe.n_stages, 2);
	assert_string_equal(l.cmd.pipe.stages[0].argv[2], "--help");
	assert_string_equal(l.cmd.pipe.report.dst, "out");
	assert_int_equal(l.cmd.pipe.report.n_srcs, 0);
	line_release(&l);

	line_accept(&l, "decant pipe --json in | fd:5");
	assert_string_equal(l.cmd.pipe.report.srcs[0], "in");
	assert_null(l.cmd.pipe.report.dst);
	line_release(&l);
}

/* Each option of a verb has one name, help that fits, and the form that it has in other verbs. */
static void
tables_are_sound(void **state)
{
	(void)state;
	for (size_t v = 0; verbs[v] != NULL; v++) {
		const struct opt_table *t = &verbs[v]->table;
		enum opt_group group = GROUP_WHAT;

		assert_true(t->n_opts <= OPT_MAX);
		assert_ptr_equal(verb_find(verbs[v]->name), verbs[v]);
		for (size_t i = 0; i < t->n_opts; i++) {
			const struct opt *o = &t->opts[i];

			assert_true(o->group >= group);
			group = o->group;
			assert_true(o->kind != OPT_APPLY || o->apply != NULL);
			for (const char *s = o->shorts; s != NULL && *s != '\0'; s++)
				assert_ptr_equal(opt_by_letter(t, *s), o);
			if (o->name == NULL)
				continue;
			assert_ptr_equal(opt_by_name(t, o->name, strlen(o->name)), o);
			assert_ptr_equal(opt_by_val(t, OPT_LONG_VAL + (int)i), o);
			assert_null(opt_alien(t, o->name, strlen(o->name)));
			const struct verb *other =
			    verb_with_option(verbs[v], o->name, strlen(o->name));
			if (other == NULL)
				continue;
			const struct opt *same =
			    opt_by_name(&other->table, o->name, strlen(o->name));
			/* how it is said, and what is filled in, is the verb's */
			assert_int_equal(same->arg != NULL, o->arg != NULL);
		}
		for (size_t i = 0; i < t->n_aliens; i++)
			assert_null(opt_by_name(t, t->aliens[i].name, strlen(t->aliens[i].name)));
	}
}

static void
every_verb_takes_what_every_verb_takes(void **state)
{
	static const char *const names[] = { "--explain", "--debug", "--progress", "--stats",
		"--json", "--report", "--quiet", "--color", "--help", "--version" };

	(void)state;
	for (size_t v = 0; verbs[v] != NULL; v++) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			assert_non_null(opt_by_name(&verbs[v]->table, names[i], strlen(names[i])));
	}
	assert_ptr_equal(verb_find("cp"), &verb_copy);
	assert_null(verb_find("cop"));
	assert_ptr_equal(verb_nearest("cop"), &verb_copy);
	assert_null(verb_nearest("frobnicate"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_sound),
		cmocka_unit_test(every_verb_takes_what_every_verb_takes),
		cmocka_unit_test_setup(pipe_has_its_own_options, clear_environment),
		cmocka_unit_test_setup(options_of_commands_are_theirs, clear_environment),
	};
	return cmocka_run_group_tests_name("verb", tests, NULL, NULL);
}
