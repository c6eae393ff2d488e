/* SPDX-License-Identifier: BSD-2-Clause */
/* tree/plan: every option with every source and destination, against a table of rules. */
#include "tree/plan.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

/* clang-format on */

/* What a case is made of. */
enum fact {
	/* options */
	NONE = 1 << 0,
	NONE_FAIL = 1 << 1,
	OLDER = 1 << 2,
	BACKUP = 1 << 3,
	ASK = 1 << 4,
	ATOMIC = 1 << 5,
	REMOVE = 1 << 6,
	ATTRIBUTES = 1 << 7,
	HARD = 1 << 8,
	SOFT = 1 << 9,
	KEEP_LINK = 1 << 10,
	/* source */
	S_DIR = 1 << 11,
	S_FILE = 1 << 12,
	S_BIG = 1 << 13,
	/* destination */
	THERE = 1 << 14,
	D_DIR = 1 << 15,
	D_FILE = 1 << 16,
	D_LINK = 1 << 17,
	SAME = 1 << 18,
	NAMED = 1 << 19,
	D_OLDER = 1 << 20,  /* than the source */
	D_STREAM = 1 << 21, /* a FIFO or device */
	MANY = 1 << 22,     /* it has several names */
	BREAK = 1 << 23,    /* several names are not to be written through */
	FORCE = 1 << 24,
	S_LINK = 1 << 25,
};

/* The first rule whose facts all hold, and of whose exceptions none does, decides. */
static const struct rule {
	unsigned facts, except;
	enum step step;
	enum reason reason;
	bool backup;
} rules[] = {
	{ S_DIR, THERE, STEP_CREATE, REASON_ABSENT, false },
	{ HARD, THERE, STEP_HARD_LINK, REASON_LINK, false },
	{ SOFT, THERE, STEP_SOFT_LINK, REASON_LINK, false },
	{ S_FILE | ATOMIC, THERE | ATTRIBUTES, STEP_PUBLISH, REASON_ATOMIC, false },
	{ S_FILE | OLDER, THERE | ATTRIBUTES, STEP_PUBLISH, REASON_ATOMIC, false },
	{ S_BIG, THERE | ATTRIBUTES, STEP_PUBLISH, REASON_ABSENT, false },
	{ 0, THERE, STEP_CREATE, REASON_ABSENT, false },
	{ S_DIR | D_DIR, 0, STEP_MERGE, REASON_EXISTS, false },
	{ S_DIR | D_LINK | KEEP_LINK, 0, STEP_MERGE, REASON_EXISTS, false },
	{ S_DIR, 0, STEP_REFUSE, REASON_DIR_OVER_FILE, false },
	{ D_DIR, 0, STEP_REFUSE, REASON_FILE_OVER_DIR, false },
	{ SAME | NONE, 0, STEP_SKIP, REASON_KEPT, false },
	{ SAME | HARD, 0, STEP_SKIP, REASON_SAME_FILE, false },
	{ SAME | S_LINK, 0, STEP_REFUSE, REASON_SAME_FILE, false },
	{ SAME, BACKUP | REMOVE, STEP_REFUSE, REASON_SAME_FILE, false },
	{ SAME | BACKUP, MANY | FORCE, STEP_REFUSE, REASON_SAME_FILE, false },
	{ SAME | REMOVE, MANY | BACKUP, STEP_REFUSE, REASON_SAME_FILE, false },
	{ NONE, 0, STEP_SKIP, REASON_KEPT, false },
	{ NONE_FAIL, 0, STEP_REFUSE, REASON_KEPT_FAIL, false },
	{ OLDER, D_OLDER, STEP_SKIP, REASON_NOT_NEWER, false },
	{ ASK | OLDER, 0, STEP_ASK, REASON_NEWER, false },
	{ ASK, 0, STEP_ASK, REASON_EXISTS, false },
	{ ATTRIBUTES | S_FILE | D_FILE, 0, STEP_ATTRIBUTES, REASON_ATTRIBUTES, false },
	{ OLDER | BACKUP | ATOMIC, 0, STEP_REPLACE, REASON_NEWER, true },
	{ BACKUP | ATOMIC, 0, STEP_REPLACE, REASON_EXISTS, true },
	{ OLDER | REMOVE | ATOMIC, 0, STEP_REPLACE, REASON_NEWER, false },
	{ REMOVE | ATOMIC, 0, STEP_REPLACE, REASON_EXISTS, false },
	{ OLDER | BACKUP, 0, STEP_UNLINK, REASON_NEWER, true },
	{ BACKUP, 0, STEP_UNLINK, REASON_EXISTS, true },
	{ OLDER | REMOVE, 0, STEP_UNLINK, REASON_NEWER, false },
	{ REMOVE, 0, STEP_UNLINK, REASON_EXISTS, false },
	{ OLDER | HARD, 0, STEP_HARD_LINK, REASON_NEWER, false },
	{ HARD, 0, STEP_HARD_LINK, REASON_EXISTS, false },
	{ OLDER | SOFT, 0, STEP_SOFT_LINK, REASON_NEWER, false },
	{ SOFT, 0, STEP_SOFT_LINK, REASON_EXISTS, false },
	{ OLDER | S_FILE | D_STREAM | NAMED, 0, STEP_IN_PLACE, REASON_NEWER, false },
	{ S_FILE | D_STREAM | NAMED, 0, STEP_IN_PLACE, REASON_EXISTS, false },
	{ S_FILE | D_FILE | BREAK | MANY, OLDER, STEP_REPLACE, REASON_EXISTS, false },
	{ OLDER, S_FILE | ATOMIC, STEP_UNLINK, REASON_NEWER, false },
	{ 0, S_FILE | ATOMIC, STEP_UNLINK, REASON_EXISTS, false },
	{ OLDER, 0, STEP_REPLACE, REASON_NEWER, false },
	{ 0, D_FILE, STEP_REPLACE, REASON_EXISTS, false },
	{ ATOMIC, 0, STEP_REPLACE, REASON_EXISTS, false },
	{ 0, 0, STEP_IN_PLACE, REASON_EXISTS, false },
};

enum { N_RULES = sizeof rules / sizeof rules[0] };

static const struct kind {
	mode_t mode;
	off_t size;
	unsigned src_facts, dst_facts;
} kinds[] = {
	{ S_IFREG | 0600, PUBLISH_MIN - 1, S_FILE, THERE | D_FILE },
	{ S_IFREG | 0600, PUBLISH_MIN, S_FILE | S_BIG, THERE | D_FILE },
	{ S_IFDIR | 0700, PUBLISH_MIN, S_DIR, THERE | D_DIR },
	{ S_IFLNK | 0777, 9, S_LINK, THERE | D_LINK },
	{ S_IFIFO | 0600, 0, 0, THERE | D_STREAM },
	{ S_IFSOCK | 0600, 0, 0, THERE },
	{ S_IFCHR | 0600, 0, 0, THERE | D_STREAM },
};

/* The destination's time, the source's being 100.5 s. */
static const struct age {
	struct timespec mtime;
	unsigned facts;
} ages[] = {
	{ { 100, 499999999 }, D_OLDER },
	{ { 100, 500000000 }, 0 },
	{ { 100, 500000001 }, 0 },
};

static const unsigned update_facts[] = {
	[UPDATE_ALL] = 0,
	[UPDATE_NONE] = NONE,
	[UPDATE_NONE_FAIL] = NONE_FAIL,
	[UPDATE_OLDER] = OLDER,
};

enum {
	N_KINDS = sizeof kinds / sizeof kinds[0],
	N_AGES = sizeof ages / sizeof ages[0],
	N_FLAGS = 1 << 9 /* every set of the options that are bool */
};

static unsigned long rule_used[N_RULES], reason_used[REASON_N], n_cases;

static size_t
rule_for(unsigned facts)
{
	size_t i = 0;
	while ((facts & rules[i].facts) != rules[i].facts || (facts & rules[i].except) != 0)
		i++;
	return i;
}

static void
check(const struct plan_opts *o, const struct stat *src, const struct dest *dst, unsigned facts)
{
	size_t at = rule_for(facts);
	const struct rule *r = &rules[at];
	struct action a = plan_entry(o, src, dst);

	rule_used[at]++;
	reason_used[a.reason]++;
	n_cases++;
	if (a.step != r->step || a.reason != r->reason || a.backup != r->backup)
		fail_msg("facts %#x: step %d, reason %d, backup %d, but rule %zu is %d, %d, %d",
		    facts, a.step, a.reason, a.backup, at, r->step, r->reason, r->backup);
	/* Whatever the rules say: what stays must stay, and nothing is written over itself. */
	bool touches = a.step != STEP_SKIP && a.step != STEP_REFUSE;
	bool directories = S_ISDIR(src->st_mode);
	if (dst->exists && !directories && touches &&
	    (o->update == UPDATE_NONE || o->update == UPDATE_NONE_FAIL ||
		(dst->same && o->backup == BACKUP_NONE && !o->remove_destination)))
		fail_msg("facts %#x: step %d touches what must stay", facts, a.step);
	if (o->atomic && a.step == STEP_IN_PLACE && S_ISREG(dst->st.st_mode))
		fail_msg("facts %#x: torn although atomic", facts);
}

/* Every destination for one set of options and one source. */
static void
walk_destinations(const struct plan_opts *o, const struct stat *src, unsigned facts)
{
	check(o, src, &(struct dest){ .exists = false }, facts);
	for (size_t k = 0; k < N_KINDS; k++)
		for (size_t age = 0; age < N_AGES; age++)
			for (unsigned i = 0; i < 8; i++) {
				struct dest dst = {
					.exists = true, .same = (i & 1) != 0, .named = (i & 2) != 0
				};
				unsigned f = facts | kinds[k].dst_facts | ages[age].facts;
				dst.st.st_nlink = (i & 4) != 0 ? 2 : 1;
				dst.st.st_mode = kinds[k].mode;
				dst.st.st_mtim = ages[age].mtime;
				f |= (dst.same ? SAME : 0U) | (dst.named ? NAMED : 0U) |
				     (dst.st.st_nlink > 1 ? MANY : 0U);
				check(o, src, &dst, f);
			}
}

/* The options of the set FLAGS, and the facts they are. */
static unsigned
set_flags(struct plan_opts *o, unsigned flags)
{
	static const unsigned facts[] = { ASK, ATOMIC, REMOVE, ATTRIBUTES, HARD, SOFT, KEEP_LINK,
		BREAK, FORCE };
	bool *const members[] = { &o->interactive, &o->atomic, &o->remove_destination,
		&o->attributes_only, &o->link, &o->symlink, &o->keep_directory_symlink,
		&o->break_links, &o->force };
	unsigned all = 0;

	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
		*members[i] = (flags >> i & 1) != 0;
		all |= *members[i] ? facts[i] : 0U;
	}
	return all;
}

static void
every_case_follows_its_rule(void **state)
{
	struct stat src = { .st_mtim = { 100, 500000000 } };

	(void)state;
	for (unsigned flags = 0; flags < N_FLAGS; flags++)
		for (unsigned update = UPDATE_ALL; update <= UPDATE_OLDER; update++)
			for (unsigned backup = BACKUP_NONE; backup <= BACKUP_EXISTING; backup++)
				for (size_t k = 0; k < N_KINDS; k++) {
					struct plan_opts o = { .update = (enum update)update,
						.backup = (enum backup)backup };
					unsigned facts = set_flags(&o, flags);
					facts |= update_facts[update] | kinds[k].src_facts;
					facts |= backup != BACKUP_NONE ? BACKUP : 0U;
					src.st_mode = kinds[k].mode;
					src.st_size = kinds[k].size;
					walk_destinations(&o, &src, facts);
				}
	assert_int_equal(n_cases, N_FLAGS * 16 * N_KINDS * (1 + N_KINDS * N_AGES * 8));
}

static void
every_rule_was_needed(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_RULES; i++)
		if (rule_used[i] == 0)
			fail_msg("rule %zu decides nothing", i);
}

static void
every_reason_has_its_own_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < REASON_N; i++) {
		/* met by who looks at the destination, or at the operands, not by the plan */
		assert_int_equal(reason_used[i] == 0,
		    i == REASON_DANGLING || i == REASON_JUST_MADE || i >= REASON_EQUAL);
		assert_non_null(plan_reason((enum reason)i));
		assert_string_not_equal(plan_reason((enum reason)i), "");
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(
			    plan_reason((enum reason)i), plan_reason((enum reason)k));
	}
	assert_string_equal(plan_reason(REASON_N), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_follows_its_rule),
		cmocka_unit_test(every_rule_was_needed),
		cmocka_unit_test(every_reason_has_its_own_words),
	};
	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
