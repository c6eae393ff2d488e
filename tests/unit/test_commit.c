/* SPDX-License-Identifier: BSD-2-Clause */
/* engine/commit: every way to a name, over everything that can have it, with and without O_TMPFILE. */
#include "engine/commit.h"
#include "sys/dir.h"
#include "temp.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <cmocka.h>

/* clang-format on */

struct err __wrap_dir_create_nameless(int dir, mode_t mode, int *fd);
struct err __real_dir_create_nameless(int dir, mode_t mode, int *fd);

static int refusal; /* what O_TMPFILE is answered with; 0 = what the kernel says */

struct err
__wrap_dir_create_nameless(int dir, mode_t mode, int *fd)
{
	if (refusal != 0)
		return err_make(refusal, OP_CREATE, SIDE_DST, -1);
	return __real_dir_create_nameless(dir, mode, fd);
}

struct err __wrap_dir_lock(int fd);
struct err __real_dir_lock(int fd);

/* What another run does just before something is locked. */
static enum { IDLE, PUBLISHES, TAKES_OVER } other_run;

static int other_dir;

#define NEW  "new content"
#define OLD  "old"
#define LEFT "left by a killed run"
#define NAME "file"

/* What has the name before. */
enum before { NOTHING, FILE_, LINK_, DANGLING, DIRECTORY };

static const char *const before_words[] = { "nothing", "file", "link", "dangling", "directory" };

/* One way with one thing at the name; a link leads to "target", which holds OLD. */
static const struct commit_case {
	enum commit_how how;
	enum before before;
	int begin;   /* the code of commit_begin() */
	int publish; /* that of commit_publish() */
	bool torn;   /* what was there is emptied at the beginning */
} cases[] = {
	{ COMMIT_DIRECT, NOTHING, 0, 0, false },
	{ COMMIT_DIRECT, FILE_, EEXIST, 0, false },
	{ COMMIT_DIRECT, LINK_, EEXIST, 0, false },
	{ COMMIT_DIRECT, DANGLING, EEXIST, 0, false },
	{ COMMIT_DIRECT, DIRECTORY, EEXIST, 0, false },
	{ COMMIT_WHOLE, NOTHING, 0, 0, false },
	{ COMMIT_WHOLE, FILE_, 0, EEXIST, false },
	{ COMMIT_WHOLE, LINK_, 0, EEXIST, false },
	{ COMMIT_WHOLE, DANGLING, 0, EEXIST, false },
	{ COMMIT_WHOLE, DIRECTORY, 0, EEXIST, false },
	{ COMMIT_REPLACE, NOTHING, 0, 0, false },
	{ COMMIT_REPLACE, FILE_, 0, 0, false },
	{ COMMIT_REPLACE, LINK_, 0, 0, false },
	{ COMMIT_REPLACE, DANGLING, 0, 0, false },
	{ COMMIT_REPLACE, DIRECTORY, 0, EISDIR, false },
	{ COMMIT_IN_PLACE, NOTHING, ENOENT, 0, false },
	{ COMMIT_IN_PLACE, FILE_, 0, 0, true },
	{ COMMIT_IN_PLACE, LINK_, ELOOP, 0, false },
	{ COMMIT_IN_PLACE, DANGLING, ELOOP, 0, false },
	{ COMMIT_IN_PLACE, DIRECTORY, EISDIR, 0, false },
	{ COMMIT_THROUGH, NOTHING, ENOENT, 0, false },
	{ COMMIT_THROUGH, FILE_, 0, 0, true },
	{ COMMIT_THROUGH, LINK_, 0, 0, true },
	{ COMMIT_THROUGH, DANGLING, ENOENT, 0, false },
	{ COMMIT_THROUGH, DIRECTORY, EISDIR, 0, false },
	{ COMMIT_UPDATE, NOTHING, ENOENT, 0, false },
	{ COMMIT_UPDATE, FILE_, 0, 0, true },
	{ COMMIT_UPDATE, LINK_, ELOOP, 0, false },
	{ COMMIT_UPDATE, DIRECTORY, EISDIR, 0, false },
};

/* The answers by which O_TMPFILE is known to be missing; 0 = it is there. */
static const int refusals[] = { 0, EOPNOTSUPP, EISDIR, ENOENT, EINVAL };

static void
put(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

/* Put what BEFORE says at NAME; returns the number of names below DIR then. */
static size_t
prepare(int dir, enum before before)
{
	put(dir, "target", OLD);
	if (before == FILE_)
		put(dir, NAME, OLD);
	else if (before == LINK_ || before == DANGLING)
		assert_int_equal(symlinkat(before == LINK_ ? "target" : "nowhere", dir, NAME), 0);
	else if (before == DIRECTORY)
		assert_int_equal(mkdirat(dir, NAME, 0700), 0);
	return count_names(dir);
}

/* Fail unless NAME below DIR, followed, has TEXT. */
static void
assert_text(int dir, const char *name, const char *text)
{
	char got[64] = "";
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, got, sizeof got - 1), strlen(text));
	assert_string_equal(got, text);
	assert_int_equal(close(fd), 0);
}

/* Fail unless NAME is what prepare() made; TEXT is what a file or a link's target holds. */
static void
assert_before(int dir, enum before before, const char *text)
{
	static const mode_t types[] = { 0, S_IFREG, S_IFLNK, S_IFLNK, S_IFDIR };
	struct stat st;
	int missing = fstatat(dir, NAME, &st, AT_SYMLINK_NOFOLLOW);

	assert_int_equal(missing != 0, before == NOTHING);
	if (before != NOTHING)
		assert_int_equal(st.st_mode & S_IFMT, types[before]);
	if (before == FILE_ || before == LINK_)
		assert_text(dir, NAME, text);
}

/* Begin case C and write NEW; true unless that was to fail. */
static bool
begin_and_write(const struct commit_case *c, struct commit *commit, int dir, size_t names)
{
	struct err e = commit_begin(commit, dir, NAME, c->how, 0640);

	assert_int_equal(e.code, c->begin);
	if (err_failed(e)) {
		assert_int_equal(e.op, OP_CREATE);
		assert_int_equal(e.side, SIDE_DST);
		assert_int_equal(commit->fd, -1);
		assert_before(dir, c->before, OLD);
		assert_int_equal(count_names(dir), names);
		return false;
	}
	assert_int_equal(write(commit->fd, NEW, strlen(NEW)), strlen(NEW));
	if (c->how == COMMIT_DIRECT)
		assert_text(dir, NAME, NEW);
	else /* nothing shows before the end, unless it is rewritten in place */
		assert_before(dir, c->before, c->torn ? NEW : OLD);
	return true;
}

static void
published(const struct commit_case *c, int dir)
{
	struct commit commit;
	size_t names = prepare(dir, c->before);

	if (!begin_and_write(c, &commit, dir, names))
		return;
	struct err e = commit_publish(&commit);
	assert_int_equal(e.code, c->publish);
	assert_int_equal(commit.fd, -1);
	if (err_failed(e)) {
		assert_int_equal(e.op, OP_RENAME);
		assert_before(dir, c->before, OLD);
		assert_int_equal(count_names(dir), names);
		return;
	}
	assert_text(dir, NAME, NEW);
	assert_int_equal(count_names(dir), names + (c->before == NOTHING));
	assert_text(dir, "target", c->how == COMMIT_THROUGH && c->before == LINK_ ? NEW : OLD);
}

static void
discarded(const struct commit_case *c, int dir)
{
	struct commit commit;
	size_t names = prepare(dir, c->before);

	if (!begin_and_write(c, &commit, dir, names))
		return;
	commit_discard(&commit);
	assert_int_equal(commit.fd, -1);
	assert_before(dir, c->before, c->torn ? NEW : OLD);
	assert_int_equal(count_names(dir), names);
}

static void
every_way_over_everything(void **state)
{
	static void (*const ends[])(const struct commit_case *, int) = { published, discarded };

	(void)state;
	for (size_t r = 0; r < sizeof refusals / sizeof refusals[0]; r++)
		for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
			for (size_t end = 0; end < 2; end++) {
				struct temp t;

				print_message("# way %d over %s, end %zu, refusal %d\n",
				    cases[i].how, before_words[cases[i].before], end, refusals[r]);
				temp_make(&t);
				refusal = refusals[r];
				ends[end](&cases[i], t.fd);
				temp_remove(&t);
			}
	refusal = 0;
}

/* A killed run left its temporary file: the next one takes it over, whether it needs it or not. */
static void
a_stale_temporary_name_is_taken_over(void **state)
{
	static const enum commit_how hows[] = { COMMIT_WHOLE, COMMIT_REPLACE };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		char aside[NAME_MAX + 1];
		struct commit c;
		struct temp t;

		temp_make(&t);
		refusal = i < 2 ? EOPNOTSUPP : 0;
		commit_aside_name(NAME, aside);
		put(t.fd, aside, LEFT);
		assert_false(err_failed(commit_begin(&c, t.fd, NAME, hows[i % 2], 0600)));
		assert_int_equal(write(c.fd, NEW, strlen(NEW)), strlen(NEW));
		assert_false(err_failed(commit_publish(&c)));
		assert_text(t.fd, NAME, NEW);
		/* a nameless file that needs no temporary name does not look for one */
		bool needless = hows[i % 2] == COMMIT_WHOLE && refusal == 0;
		assert_int_equal(count_names(t.fd), needless ? 2 : 1);
		temp_remove(&t);
	}
	refusal = 0;
}

/* What is in the way of a temporary name, and cannot be removed, stops the beginning or the end. */
static void
a_blocked_temporary_name_is_told_as_promised(void **state)
{
	static const enum commit_how hows[] = { COMMIT_WHOLE, COMMIT_REPLACE };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		char aside[NAME_MAX + 1];
		struct commit c;
		struct temp t;

		temp_make(&t);
		refusal = i < 2 ? EOPNOTSUPP : 0;
		commit_aside_name(NAME, aside);
		assert_int_equal(mkdirat(t.fd, aside, 0700), 0);
		struct err e = commit_begin(&c, t.fd, NAME, hows[i % 2], 0600);
		assert_int_equal(e.code, refusal != 0 ? EISDIR : 0);
		if (err_failed(e)) {
			assert_int_equal(e.op, OP_CREATE);
		} else {
			e = commit_publish(&c);
			assert_int_equal(e.code, hows[i % 2] == COMMIT_REPLACE ? EISDIR : 0);
			assert_int_equal(e.op, err_failed(e) ? OP_RENAME : OP_NONE);
		}
		assert_int_equal(c.fd, -1);
		assert_int_equal(unlinkat(t.fd, aside, AT_REMOVEDIR), 0);
		temp_remove(&t);
	}
	refusal = 0;
}

/* What could not be begun is not ours: giving it up removes nothing, under no name. */
static void
giving_up_what_was_not_begun_removes_nothing(void **state)
{
	static const enum commit_how hows[] = { COMMIT_DIRECT, COMMIT_WHOLE, COMMIT_REPLACE,
		COMMIT_IN_PLACE, COMMIT_THROUGH };

	(void)state;
	for (size_t i = 0; i < sizeof hows / sizeof hows[0]; i++) {
		char aside[NAME_MAX + 1];
		struct commit c;
		struct temp t;

		temp_make(&t);
		refusal = ENOSPC;
		commit_aside_name(NAME, aside);
		put(t.fd, aside, LEFT);
		if (hows[i] == COMMIT_DIRECT)
			put(t.fd, NAME, OLD);
		size_t names = count_names(t.fd);
		assert_true(err_failed(commit_begin(&c, t.fd, NAME, hows[i], 0600)));
		commit_discard(&c);
		assert_int_equal(c.fd, -1);
		assert_int_equal(count_names(t.fd), names);
		assert_text(t.fd, aside, LEFT);
		temp_remove(&t);
	}
	refusal = 0;
}

/* What is given up stays under the temporary name, and the next one goes on with it. */
static void
what_stays_is_gone_on_with(void **state)
{
	static const enum commit_how hows[] = { COMMIT_WHOLE, COMMIT_REPLACE };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char aside[NAME_MAX + 1];
		struct commit c, other;
		struct temp t;

		temp_make(&t);
		if (hows[i] == COMMIT_REPLACE)
			put(t.fd, NAME, OLD);
		commit_aside_name(NAME, aside);
		assert_false(err_failed(commit_resume(&c, t.fd, NAME, hows[i], 0600)));
		assert_false(c.resumed);
		/* nothing was written: nothing stays */
		commit_discard(&c);
		assert_int_equal(faccessat(t.fd, aside, F_OK, 0), -1);
		assert_false(err_failed(commit_resume(&c, t.fd, NAME, hows[i], 0600)));
		assert_int_equal(write(c.fd, "ne", 2), 2);
		struct err e = commit_resume(&other, t.fd, NAME, hows[i], 0600);
		assert_int_equal(e.code, EWOULDBLOCK);
		commit_discard(&other);
		commit_discard(&c);
		assert_text(t.fd, aside, "ne");
		assert_false(err_failed(commit_resume(&c, t.fd, NAME, hows[i], 0640)));
		assert_true(c.resumed);
		assert_int_equal(stat_of(c.fd).st_mode & 07777, 0640);
		assert_int_equal(pwrite(c.fd, NEW, strlen(NEW), 0), strlen(NEW));
		assert_false(err_failed(commit_publish(&c)));
		assert_text(t.fd, NAME, NEW);
		assert_int_equal(count_names(t.fd), 1);
		temp_remove(&t);
	}
}

struct err
__wrap_dir_lock(int fd)
{
	char aside[NAME_MAX + 1];
	int taken;

	commit_aside_name(NAME, aside);
	if (other_run == PUBLISHES) {
		assert_int_equal(renameat(other_dir, aside, other_dir, NAME), 0);
	} else if (other_run == TAKES_OVER) {
		taken = openat(other_dir, aside, O_RDWR | O_CLOEXEC);
		assert_false(err_failed(__real_dir_lock(taken)));
		struct err e = __real_dir_lock(fd);
		close(taken);
		return e;
	}
	other_run = IDLE;
	return __real_dir_lock(fd);
}

/* A part that another run finishes, or takes, between two calls of this one is that run's. */
static void
another_run_may_be_faster(void **state)
{
	char aside[NAME_MAX + 1];
	struct commit c;
	struct temp t;

	(void)state;
	temp_make(&t);
	other_dir = t.fd;
	commit_aside_name(NAME, aside);
	put(t.fd, aside, LEFT);
	other_run = PUBLISHES;
	assert_false(err_failed(commit_resume(&c, t.fd, NAME, COMMIT_REPLACE, 0600)));
	assert_false(c.resumed);
	assert_int_equal(write(c.fd, NEW, strlen(NEW)), strlen(NEW));
	assert_text(t.fd, NAME, LEFT);
	assert_false(err_failed(commit_publish(&c)));
	assert_text(t.fd, NAME, NEW);
	other_run = TAKES_OVER;
	struct err e = commit_resume(&c, t.fd, NAME, COMMIT_REPLACE, 0600);
	other_run = IDLE;
	assert_int_equal(e.code, EWOULDBLOCK);
	assert_int_equal(c.fd, -1);
	assert_text(t.fd, aside, "");
	temp_remove(&t);
}

/* What has another name, or is no file, is not gone on with. */
static void
only_what_is_ours_alone_is_gone_on_with(void **state)
{
	char aside[NAME_MAX + 1];

	(void)state;
	commit_aside_name(NAME, aside);
	for (int i = 0; i < 3; i++) {
		struct commit c;
		struct temp t;

		temp_make(&t);
		put(t.fd, "other", LEFT);
		if (i == 0)
			assert_int_equal(linkat(t.fd, "other", t.fd, aside, 0), 0);
		else if (i == 1)
			assert_int_equal(symlinkat("other", t.fd, aside), 0);
		else
			assert_int_equal(mkfifoat(t.fd, aside, 0600), 0);
		assert_false(err_failed(commit_resume(&c, t.fd, NAME, COMMIT_WHOLE, 0600)));
		assert_false(c.resumed);
		assert_int_equal(write(c.fd, NEW, strlen(NEW)), strlen(NEW));
		assert_false(err_failed(commit_publish(&c)));
		assert_text(t.fd, NAME, NEW);
		assert_text(t.fd, "other", LEFT);
		temp_remove(&t);
	}
}

static void
other_refusals_are_failures(void **state)
{
	static const int codes[] = { ENOSPC, EACCES, EROFS, EDQUOT };
	struct commit c;
	struct temp t;

	(void)state;
	temp_make(&t);
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		refusal = codes[i];
		struct err e = commit_begin(&c, t.fd, NAME, COMMIT_REPLACE, 0600);
		assert_int_equal(e.code, codes[i]);
		assert_int_equal(c.fd, -1);
		assert_int_equal(count_names(t.fd), 0);
	}
	refusal = 0;
	temp_remove(&t);
}

/* Who has the old file open, or another name of it, keeps it. */
static void
replacing_makes_a_new_inode(void **state)
{
	struct commit c;
	struct temp t;

	(void)state;
	temp_make(&t);
	put(t.fd, NAME, OLD);
	assert_int_equal(linkat(t.fd, NAME, t.fd, "other", 0), 0);
	assert_false(err_failed(commit_begin(&c, t.fd, NAME, COMMIT_REPLACE, 0600)));
	assert_int_equal(write(c.fd, NEW, strlen(NEW)), strlen(NEW));
	assert_false(err_failed(commit_publish(&c)));
	assert_text(t.fd, NAME, NEW);
	assert_text(t.fd, "other", OLD);
	temp_remove(&t);
}

static void
temporary_names_depend_on_the_name_alone(void **state)
{
	static const char *const names[] = { "a", "b", "aa", ".a", "\xff", " " };
	char aside[6][NAME_MAX + 1], again[NAME_MAX + 1], longest[NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		commit_aside_name(names[i], aside[i]);
		commit_aside_name(names[i], again);
		assert_string_equal(aside[i], again);
		assert_null(strchr(again, '/'));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(aside[i], aside[k]);
	}
	memset(longest, 'x', NAME_MAX);
	longest[NAME_MAX] = '\0';
	commit_aside_name(longest, again);
	assert_int_equal(strlen(again), strlen(aside[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_over_everything),
		cmocka_unit_test(a_stale_temporary_name_is_taken_over),
		cmocka_unit_test(a_blocked_temporary_name_is_told_as_promised),
		cmocka_unit_test(giving_up_what_was_not_begun_removes_nothing),
		cmocka_unit_test(what_stays_is_gone_on_with),
		cmocka_unit_test(only_what_is_ours_alone_is_gone_on_with),
		cmocka_unit_test(another_run_may_be_faster),
		cmocka_unit_test(other_refusals_are_failures),
		cmocka_unit_test(replacing_makes_a_new_inode),
		cmocka_unit_test(temporary_names_depend_on_the_name_alone),
	};
	return cmocka_run_group_tests_name("commit", tests, NULL, NULL);
}
