/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/: from argv and the environment to what a run is asked to do, or to one line of complaint. */
#include "cli/typo.h"
#include "line.h"

#define FIELD(field) \
	offsetof(struct copy_opts, field), sizeof(((struct copy_opts *)0)->field), #field

/* A command line behind "decant copy", and the value that it gives a field. */
static const struct {
	const char *words;
	size_t offset;
	size_t size;
	const char *field;
	int value;
} numbers[] = {
	{ "a b", FIELD(walk.recursive), false },
	{ "a b", FIELD(walk.follow), FOLLOW_ALL },
	{ "a b", FIELD(walk.copy_contents), true },
	{ "a b", FIELD(plan.update), UPDATE_ALL },
	{ "a b", FIELD(plan.backup), BACKUP_NONE },
	{ "a b", FIELD(engine.reflink), WHEN_AUTO },
	{ "a b", FIELD(engine.sparse), WHEN_AUTO },
	{ "a b", FIELD(fsync), FSYNC_NONE },
	{ "a b", FIELD(jobs), 0 },
	{ "a b", FIELD(select.files_end), '\n' },
	{ "a b", FIELD(report.end), '\n' },
	{ "a b", FIELD(report.progress), PROGRESS_AUTO },
	{ "a b", FIELD(report.print0), PRINT0_NONE },
	{ "a b", FIELD(report.resumes), false },
	{ "a b", FIELD(n_operands), 2 },
	{ "a b c", FIELD(report.n_srcs), 2 },
	{ "-t d b c", FIELD(report.n_srcs), 2 },
	/* what to copy */
	{ "-a a b", FIELD(walk.recursive), true },
	{ "-a a b", FIELD(walk.follow), FOLLOW_NONE },
	{ "-a a b", FIELD(keep.mode), true },
	{ "-a a b", FIELD(keep.owner), true },
	{ "-a a b", FIELD(keep.times), true },
	{ "-a a b", FIELD(keep.links), true },
	{ "-a a b", FIELD(keep.xattr), true },
	{ "-a a b", FIELD(keep.context), true },
	{ "-a a b", FIELD(keep.xattr_must), false },
	{ "-a a b", FIELD(keep.context_must), false },
	{ "--archive a b", FIELD(walk.recursive), true },
	{ "-r a b", FIELD(walk.recursive), true },
	{ "-R a b", FIELD(walk.recursive), true },
	{ "a b -r", FIELD(walk.recursive), true },
	{ "a b -- -r", FIELD(walk.recursive), false },
	{ "--recursive a b", FIELD(walk.recursive), true },
	{ "--rec a b", FIELD(walk.recursive), true },
	{ "-r a b", FIELD(walk.copy_contents), false },
	{ "-r --copy-contents a b", FIELD(walk.copy_contents), true },
	{ "-x a b", FIELD(walk.one_file_system), true },
	{ "--one-file-system a b", FIELD(walk.one_file_system), true },
	{ "--attributes-only a b", FIELD(plan.attributes_only), true },
	{ "--strip-trailing-slashes a b", FIELD(strip_slashes), true },
	{ "--files-from=- --from0 b", FIELD(select.files_end), '\0' },
	{ "--files-from=- -t b", FIELD(n_operands), 0 },
	/* links */
	{ "-r a b", FIELD(walk.follow), FOLLOW_NONE },
	{ "-rl a b", FIELD(walk.follow), FOLLOW_ALL },
	{ "-P a b", FIELD(walk.follow), FOLLOW_NONE },
	{ "-rH a b", FIELD(walk.follow), FOLLOW_ARGS },
	{ "-rL a b", FIELD(walk.follow), FOLLOW_ALL },
	{ "-HLP a b", FIELD(walk.follow), FOLLOW_NONE },
	{ "-PH a b", FIELD(walk.follow), FOLLOW_ARGS },
	{ "-aL a b", FIELD(walk.follow), FOLLOW_ALL },
	{ "-La a b", FIELD(walk.follow), FOLLOW_NONE },
	{ "-Ld a b", FIELD(walk.follow), FOLLOW_NONE },
	{ "-d a b", FIELD(keep.links), true },
	{ "--dereference -r a b", FIELD(walk.follow), FOLLOW_ALL },
	{ "--no-dereference a b", FIELD(walk.follow), FOLLOW_NONE },
	{ "-l a b", FIELD(plan.link), true },
	{ "-s a b", FIELD(plan.symlink), true },
	{ "-sf a b", FIELD(plan.remove_destination), true },
	{ "--keep-directory-symlink a b", FIELD(plan.keep_directory_symlink), true },
	/* destination */
	{ "-T a b", FIELD(no_target_dir), true },
	{ "--parents a b", FIELD(parents), true },
	/* existing files */
	{ "-i a b", FIELD(plan.interactive), true },
	{ "-i -n a b", FIELD(plan.interactive), false },
	{ "-i -n a b", FIELD(plan.update), UPDATE_NONE },
	{ "-n -i a b", FIELD(plan.interactive), true },
	{ "-n -i a b", FIELD(plan.update), UPDATE_ALL },
	{ "-n -u a b", FIELD(plan.update), UPDATE_NONE },
	{ "-u a b", FIELD(plan.update), UPDATE_OLDER },
	{ "-u a b", FIELD(report.resumes), true },
	{ "--update a b", FIELD(plan.update), UPDATE_OLDER },
	{ "--update=all -u --update=all a b", FIELD(plan.update), UPDATE_ALL },
	{ "--update=none a b", FIELD(plan.update), UPDATE_NONE },
	{ "--update=none-fail a b", FIELD(plan.update), UPDATE_NONE_FAIL },
	{ "--update=o a b", FIELD(plan.update), UPDATE_OLDER },
	{ "-f a b", FIELD(plan.force), true },
	{ "-f a b", FIELD(plan.remove_destination), false },
	{ "--remove-destination a b", FIELD(plan.remove_destination), true },
	{ "--atomic a b", FIELD(plan.atomic), true },
	{ "-b a b", FIELD(plan.backup), BACKUP_EXISTING },
	{ "-S .old a b", FIELD(plan.backup), BACKUP_EXISTING },
	{ "--backup a b", FIELD(plan.backup), BACKUP_EXISTING },
	{ "--backup=numbered a b", FIELD(plan.backup), BACKUP_NUMBERED },
	{ "--backup=t -b a b", FIELD(plan.backup), BACKUP_NUMBERED },
	{ "--backup=nil a b", FIELD(plan.backup), BACKUP_EXISTING },
	{ "--backup=never a b", FIELD(plan.backup), BACKUP_SIMPLE },
	{ "--backup=off a b", FIELD(plan.backup), BACKUP_NONE },
	/* attributes */
	{ "-p a b", FIELD(keep.mode), true },
	{ "-p a b", FIELD(keep.owner), true },
	{ "-p a b", FIELD(keep.times), true },
	{ "-p a b", FIELD(keep.links), false },
	{ "-p a b", FIELD(keep.xattr), false },
	{ "--preserve a b", FIELD(keep.times), true },
	{ "--preserve=links,mode a b", FIELD(keep.links), true },
	{ "--preserve=links,mode a b", FIELD(keep.mode), true },
	{ "--preserve=links,mode a b", FIELD(keep.times), false },
	{ "--preserve=xattr a b", FIELD(keep.xattr_must), true },
	{ "--preserve=context a b", FIELD(keep.context_must), true },
	{ "--preserve=all a b", FIELD(keep.xattr), true },
	{ "--preserve=all a b", FIELD(keep.xattr_must), false },
	{ "-a --preserve=xattr a b", FIELD(keep.xattr_must), true },
	{ "--preserve=xattr -a a b", FIELD(keep.xattr_must), true },
	{ "-a --no-preserve=xattr a b", FIELD(keep.xattr), false },
	{ "--preserve=xattr --no-preserve=all a b", FIELD(keep.xattr_must), false },
	{ "-a --no-preserve=mode a b", FIELD(keep.mode), false },
	{ "-a --no-preserve=mode a b", FIELD(default_mode), true },
	{ "-a --no-preserve=mode a b", FIELD(keep.xattr), true },
	{ "--no-preserve=mode --preserve=mode a b", FIELD(default_mode), false },
	{ "a b", FIELD(default_mode), false },
	/* data */
	{ "--reflink a b", FIELD(engine.reflink), WHEN_ALWAYS },
	{ "--reflink=never a b", FIELD(engine.reflink), WHEN_NEVER },
	{ "--reflink=auto a b", FIELD(engine.reflink), WHEN_AUTO },
	{ "--sparse=always a b", FIELD(engine.sparse), WHEN_ALWAYS },
	{ "--sparse=never --reflink=never a b", FIELD(engine.sparse), WHEN_NEVER },
	{ "--fsync=end a b", FIELD(fsync), FSYNC_END },
	{ "--fsync=each a b", FIELD(fsync), FSYNC_EACH },
	{ "--jobs=256 a b", FIELD(jobs), 256 },
	{ "-j1 a b", FIELD(jobs), 1 },
	/* output */
	{ "--dry-run a b", FIELD(dry_run), true },
	{ "--dry-run a b", FIELD(report.dry_run), true },
	{ "--dry-run a b", FIELD(report.itemize), true },
	{ "--dry-run --print0=skipped a b", FIELD(report.itemize), false },
	{ "-v a b", FIELD(report.verbose), true },
	{ "-v a b", FIELD(report.unchanged), false },
	{ "-vv a b", FIELD(report.unchanged), true },
	{ "--itemize a b", FIELD(report.itemize), true },
	{ "--explain a b", FIELD(report.explain), true },
	{ "--debug a b", FIELD(report.explain), true },
	{ "--progress a b", FIELD(report.progress), PROGRESS_ALWAYS },
	{ "--progress=never a b", FIELD(report.progress), PROGRESS_NEVER },
	{ "--stats a b", FIELD(report.stats), true },
	{ "--json a b", FIELD(report.json), true },
	{ "--print0=done a b", FIELD(report.print0), PRINT0_DONE },
	{ "--print0=failed a b", FIELD(report.print0), PRINT0_FAILED },
	{ "-0 a b", FIELD(report.end), '\0' },
	{ "--strict a b", FIELD(report.strict), true },
	{ "-q a b", FIELD(report.quiet), true },
	{ "--color=never a b", FIELD(report.quiet), false },
};

static void
options_set_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char words[256];
		struct line l;
		unsigned char byte;
		int value;
		size_t size;

		(void)snprintf(words, sizeof(words), "decant copy %s", numbers[i].words);
		line_accept(&l, words);
		const char *field = (const char *)&l.cmd.copy + numbers[i].offset;
		switch (numbers[i].size) {
		case sizeof(byte):
			memcpy(&byte, field, sizeof(byte));
			value = byte;
			break;
		case sizeof(value):
			memcpy(&value, field, sizeof(value));
			break;
		default:
			assert_int_equal(numbers[i].size, sizeof(size));
			memcpy(&size, field, sizeof(size));
			value = (int)size;
		}
		if (value != numbers[i].value)
			fail_msg("'%s' makes %s %d instead of %d", numbers[i].words,
			    numbers[i].field, value, numbers[i].value);
		line_release(&l);
	}
}

static void
strings_are_lent(void **state)
{
	struct line l;

	(void)state;
	line_accept(&l, "decant copy -S .old --report=r.json --files-from names -t dir src");
	assert_string_equal(l.cmd.copy.suffix, ".old");
	assert_string_equal(l.cmd.copy.report.file, "r.json");
	assert_string_equal(l.cmd.copy.select.files_from, "names");
	assert_string_equal(l.cmd.copy.target_dir, "dir");
	assert_string_equal(l.cmd.copy.report.dst, "dir");
	assert_string_equal(l.cmd.copy.operands[0], "src");
	assert_string_equal(l.cmd.copy.report.program, "decant");
	assert_string_equal(l.cmd.copy.report.verb, "copy");
	line_release(&l);

	line_accept(&l, "decant copy a -r b c");
	assert_string_equal(l.cmd.copy.suffix, "~");
	assert_null(l.cmd.copy.target_dir);
	assert_string_equal(l.cmd.copy.report.srcs[1], "b");
	assert_string_equal(l.cmd.copy.report.dst, "c");
	line_release(&l);

	line_accept(&l, "decant copy -S a/b x y");
	assert_string_equal(l.cmd.copy.suffix, "~");
	line_release(&l);
}

static void
rules_keep_their_order(void **state)
{
	struct line l;

	(void)state;
	line_accept(
	    &l, "decant cp --exclude=*.o a --include keep.o --exclude-from=f b --exclude /x");
	assert_int_equal(l.cmd.copy.select.n_rules, 4);
	assert_int_equal(l.cmd.copy.select.rules[0].kind, RULE_EXCLUDE);
	assert_string_equal(l.cmd.copy.select.rules[0].text, "*.o");
	assert_int_equal(l.cmd.copy.select.rules[1].kind, RULE_INCLUDE);
	assert_string_equal(l.cmd.copy.select.rules[1].text, "keep.o");
	assert_int_equal(l.cmd.copy.select.rules[2].kind, RULE_FILE);
	assert_string_equal(l.cmd.copy.select.rules[2].text, "f");
	assert_string_equal(l.cmd.copy.select.rules[3].text, "/x");
	line_release(&l);
	assert_null(l.cmd.copy.select.rules);
}

static void
the_program_may_be_called_cp(void **state)
{
	struct line l;

	(void)state;
	line_accept(&l, "/usr/local/bin/cp -r a b");
	assert_string_equal(l.cmd.copy.report.program, "cp");
	assert_true(l.cmd.copy.walk.recursive);
	assert_int_equal(l.cmd.copy.n_operands, 2);
	line_release(&l);

	line_accept(&l, "cp copy cp");
	assert_string_equal(l.cmd.copy.operands[0], "copy");
	line_release(&l);

	line_parse(&l, "cp --recursve");
	assert_int_equal(l.outcome, CLI_USAGE);
	assert_string_equal(
	    l.complaint, "cp: unknown option '--recursve'; did you mean '--recursive'?");
	line_release(&l);
}

/* A command line that is wrong, and what is said of it behind "decant: ". */
static const struct {
	const char *words;
	const char *complaint;
} wrong[] = {
	{ "decant", "missing verb (use copy, hash, verify or pipe)" },
	{ "decant ocpy a b", "unknown verb 'ocpy'; did you mean 'copy'?" },
	{ "decant frobnicate a b", "unknown verb 'frobnicate' (use copy, hash, verify or pipe)" },
	{ "decant -r a b", "missing verb before '-r' (use 'decant copy')" },
	{ "decant -rv a b", "missing verb before '-r' (use 'decant copy')" },
	{ "decant --timeout=3 a b", "missing verb before '--timeout' (use 'decant pipe')" },
	{ "decant --color=auto a b",
	    "missing verb before '--color=auto' (use copy, hash, verify or pipe)" },
	{ "decant --hepl", "unknown option '--hepl'; did you mean '--help'?" },
	{ "decant - a", "missing verb before '-' (use copy, hash, verify or pipe)" },
	{ "decant pip a", "unknown verb 'pip'; did you mean 'pipe'?" },
	{ "decant copy --env=A=b a b", "'--env' is not an option of copy, but of pipe" },
	{ "decant pipe --recursive a b", "'--recursive' is not an option of pipe, but of copy" },
	{ "decant pipe -r a b", "'-r' is not an option of pipe, but of copy" },
	{ "decant pipe -v a", "'-v' is not an option of pipe; use '--explain'" },
	{ "decant pipe --timout=3 a", "unknown option '--timout'; did you mean '--timeout'?" },
	{ "decant pipe --timeout=0 a",
	    "invalid value '0' for '--timeout' (use a time such as 1.5, 500ms, 10s, 2m or 1h)" },
	{ "decant pipe --timeout=1d a",
	    "invalid value '1d' for '--timeout' (use a time such as 1.5, 500ms, 10s, 2m or 1h)" },
	{ "decant pipe --mem-limit=0 a",
	    "invalid value '0' for '--mem-limit' (use a size such as 64M or 2G)" },
	{ "decant pipe --env==x a",
	    "invalid value '=x' for '--env' (use NAME=VALUE, or NAME to remove it)" },
	{ "decant pipe --ignore=foo a",
	    "invalid value 'foo' for '--ignore' (use pipe, any, exit:N or signal:NAME, joined "
	    "by commas)" },
	{ "decant pipe --json a",
	    "data and --json would both go to standard output (use --report=FILE)" },
	{ "decant pipe --json a | fd:1",
	    "data and --json would both go to standard output (use --report=FILE)" },
	{ "decant copy", "missing file operand" },
	{ "decant copy x", "missing destination after 'x'" },
	{ "decant copy -t d", "missing file operand" },
	{ "decant copy --files-from=f", "missing destination" },
	{ "decant copy --files-from=f a b c", "extra operand 'c'" },
	{ "decant copy --files-from=f -t d a b", "extra operand 'b'" },
	{ "decant copy -T a b c", "extra operand 'c'" },
	{ "decant copy -t", "option '-t' needs a value (DIR)" },
	{ "decant copy --sparse", "option '--sparse' needs a value (WHEN)" },
	{ "decant copy --verbose=3", "option '--verbose' takes no value" },
	{ "decant copy --xyz", "unknown option '--xyz'" },
	{ "decant copy --dryrun=x", "unknown option '--dryrun'; did you mean '--dry-run'?" },
	{ "decant copy --one-filesystem",
	    "unknown option '--one-filesystem'; did you mean '--one-file-system'?" },
	{ "decant copy -rk a b", "unknown option '-k'" },
	{ "decant copy --in a b", "option '--in' is ambiguous; use --include or --interactive" },
	{ "decant copy --delete a b", "'--delete' is not an option of copy, which never deletes" },
	{ "decant copy --ignore-existing a b",
	    "'--ignore-existing' is not an option of copy; use '--update=none'" },
	{ "decant copy -Z a b", "'-Z' is not an option of copy; to keep a file's own context use "
				"'--preserve=context'" },
	{ "decant copy --sparse=foo a b",
	    "invalid value 'foo' for '--sparse' (use auto, always or never)" },
	{ "decant copy --sparse=a a b",
	    "invalid value 'a' for '--sparse' (use auto, always or never)" },
	{ "decant copy --update= a b",
	    "invalid value '' for '--update' (use older, all, none or none-fail)" },
	{ "decant copy --preserve=mode,foo a b",
	    "invalid value 'foo' for '--preserve' "
	    "(use mode, ownership, timestamps, links, xattr, context or all)" },
	{ "decant copy -j 0 a b", "invalid value '0' for '--jobs' (use 1 to 256)" },
	{ "decant copy -j 257 a b", "invalid value '257' for '--jobs' (use 1 to 256)" },
	{ "decant copy -j 4x a b", "invalid value '4x' for '--jobs' (use 1 to 256)" },
	{ "decant copy -j -1 a b", "invalid value '-1' for '--jobs' (use 1 to 256)" },
	{ "decant copy -j 18446744073709551617 a b",
	    "invalid value '18446744073709551617' for '--jobs' (use 1 to 256)" },
	{ "decant copy --color=red a b",
	    "invalid value 'red' for '--color' (use auto, always or never)" },
	{ "decant copy --help=me",
	    "invalid value 'me' for '--help' (use all, copy, hash, verify or pipe)" },
	{ "decant copy -bn a b", "options --backup and --no-clobber are mutually exclusive" },
	{ "decant copy -b --update=none-fail a b",
	    "options --backup and --update=none are mutually exclusive" },
	{ "decant copy -ls a b", "options --link and --symbolic-link are mutually exclusive" },
	{ "decant copy --reflink --sparse=always a b",
	    "options --reflink=always and --sparse=always are mutually exclusive" },
	{ "decant copy -T -t d a",
	    "options --target-directory and --no-target-directory are mutually exclusive" },
	{ "decant copy -T --parents a b",
	    "options --parents and --no-target-directory are mutually exclusive" },
	{ "decant copy -T --files-from=f a b",
	    "options --files-from and --no-target-directory are mutually exclusive" },
	{ "decant copy -i --files-from=- b",
	    "options --files-from=- and --interactive are mutually exclusive" },
	{ "decant copy --print0=done --json a b",
	    "options --print0 and --json are mutually exclusive" },
	{ "decant copy --\033[1m", "unknown option '--'$'\\033''[1m'" },
};

static void
mistakes_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char expected[512];
		struct line l;

		(void)snprintf(expected, sizeof(expected), "decant: %s", wrong[i].complaint);
		line_parse(&l, wrong[i].words);
		assert_int_equal(l.outcome, CLI_USAGE);
		assert_string_equal(l.complaint, expected);
		assert_string_equal(l.out, "");
		line_release(&l);
	}
}

static void
the_environment_fills_gaps(void **state)
{
	struct line l;

	(void)state;
	setenv("DECANT_JOBS", "7", 1);
	setenv("DECANT_PROGRESS", "never", 1);
	setenv("SIMPLE_BACKUP_SUFFIX", ".bak", 1);
	setenv("VERSION_CONTROL", "t", 1);
	line_accept(&l, "decant copy -b a b");
	assert_int_equal(l.cmd.copy.jobs, 7);
	assert_int_equal(l.cmd.copy.report.progress, PROGRESS_NEVER);
	assert_string_equal(l.cmd.copy.suffix, ".bak");
	assert_int_equal(l.cmd.copy.plan.backup, BACKUP_NUMBERED);
	line_release(&l);

	line_accept(&l, "decant copy -j 2 --progress=auto --backup=simple -S .x a b");
	assert_int_equal(l.cmd.copy.jobs, 2);
	assert_int_equal(l.cmd.copy.report.progress, PROGRESS_AUTO);
	assert_string_equal(l.cmd.copy.suffix, ".x");
	assert_int_equal(l.cmd.copy.plan.backup, BACKUP_SIMPLE);
	line_release(&l);

	line_accept(&l, "decant copy a b");
	assert_int_equal(l.cmd.copy.plan.backup, BACKUP_NONE);
	line_release(&l);

	setenv("DECANT_JOBS", "many", 1);
	line_parse(&l, "decant copy a b");
	assert_int_equal(l.outcome, CLI_USAGE);
	assert_string_equal(
	    l.complaint, "decant: invalid value 'many' for 'DECANT_JOBS' (use 1 to 256)");
	line_release(&l);

	line_parse(&l, "decant copy --help");
	assert_int_equal(l.outcome, CLI_DONE);
	line_release(&l);
}

static void
posix_ends_options_at_the_first_operand(void **state)
{
	struct line l;

	(void)state;
	setenv("POSIXLY_CORRECT", "1", 1);
	line_accept(&l, "decant copy a -r b");
	assert_false(l.cmd.copy.walk.recursive);
	assert_int_equal(l.cmd.copy.n_operands, 3);
	line_release(&l);
}

static void
help_and_version_are_printed(void **state)
{
	static const char *const forms[] = { "decant --help", "decant copy --help",
		"decant --help=copy", "decant copy a b --help=all", "cp --help", "decant --version",
		"decant copy --version", "cp --vers", "decant pipe --help", "decant --help=pipe",
		"decant --help=cp", "decant pipe --version a", "cp --help=pipe", "cp --help=all",
		"decant --color=auto --help=all" };
	struct line l;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		line_parse(&l, forms[i]);
		assert_int_equal(l.outcome, CLI_DONE);
		assert_string_equal(l.complaint, "");
		assert_true(strlen(l.out) > 0);
		line_release(&l);
	}
}

static void
distance_counts_changes(void **state)
{
	(void)state;
	assert_int_equal(typo_distance("copy", 4, "copy"), 0);
	assert_int_equal(typo_distance("ocpy", 4, "copy"), 1);
	assert_int_equal(typo_distance("cop", 3, "copy"), 1);
	assert_int_equal(typo_distance("coopy", 5, "copy"), 1);
	assert_int_equal(typo_distance("kopy", 4, "copy"), 1);
	assert_int_equal(typo_distance("", 0, "copy"), 4);
	assert_int_equal(typo_distance("spasre", 6, "sparse"), 1);
	assert_true(typo_distance("x", 1,
			"0123456789012345678901234567890123456789012345678901234567890123") > 63);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(options_set_fields, clear_environment),
		cmocka_unit_test_setup(strings_are_lent, clear_environment),
		cmocka_unit_test_setup(rules_keep_their_order, clear_environment),
		cmocka_unit_test_setup(the_program_may_be_called_cp, clear_environment),
		cmocka_unit_test_setup(mistakes_are_named, clear_environment),
		cmocka_unit_test_setup(the_environment_fills_gaps, clear_environment),
		cmocka_unit_test_setup(posix_ends_options_at_the_first_operand, clear_environment),
		cmocka_unit_test_setup(help_and_version_are_printed, clear_environment),
		cmocka_unit_test(distance_counts_changes),
	};
	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
