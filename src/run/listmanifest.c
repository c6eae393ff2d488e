/* SPDX-License-Identifier: BSD-2-Clause */
/* Listing a manifest: its seal is checked first, then each entry is told. */
#include "run/listmanifest.h"

#include "report/listing.h"
#include "run/manifestbatch.h"
#include "run/manifestcheck.h"
#include "run/ownernames.h"
#include "run/picking.h"
#include "run/sink.h"

#include <errno.h>

/* A manifest that is listed. */
struct listing {
	struct run run; /* first */
	const struct unpack_opts *opts;
	struct manifestcheck check;
	struct owner_names names;
	struct picking picking;
	struct str hash; /* digests of the entry at hand */
};

/* Put the digests of E into words, as events have them; NULL = it has none. */
static const char *
hash_of(struct listing *l, const struct manifest_entry *e)
{
	const struct manifest_algos *algos = manifest_algos(l->check.m);
	char hex[2 * MANIFEST_DIGEST + 1];

	str_clear(&l->hash);
	if (!e->hashed)
		return NULL;
	for (size_t i = 0; i < algos->n; i++) {
		digest_hex(e->digests[i], algos->sizes[i], hex);
		str_addf(&l->hash, "%s%s:%s", i > 0 ? "," : "", algos->names[i], hex);
	}
	return l->hash.buf;
}

static void
tell_entry(struct listing *l, const struct manifest_entry *e)
{
	bool numeric = l->opts->numeric;
	const struct listed listed = {
		.path = e->name,
		.target = e->target,
		.mode = manifestbatch_type(e) | e->mode,
		.uid = e->uid,
		.gid = e->gid,
		.user = numeric ? NULL : owner_names_get(&l->names, e->uid, false),
		.group = numeric ? NULL : owner_names_get(&l->names, e->gid, true),
		.size = e->type == 'l' ? -1 : e->size,
		.major = e->major,
		.minor = e->minor,
		.hash = hash_of(l, e),
		.has_mtime = true,
		.mtime = e->mtime,
	};

	atomic_fetch_add_explicit(&l->run.live->items_found, 1, memory_order_relaxed);
	report_emit(l->run.report, &(struct event){ .kind = EVENT_LISTED, .listed = &listed });
}

/* Tell each entry of the manifest that is wanted. */
static struct err
tell_all(struct listing *l, struct manifest_fault *fault)
{
	struct manifest_entry e;

	TRY(picking_init(&l->picking, l->opts->members, l->opts->n_members, l->run.filter));
	for (;;) {
		TRY(cancel_check(&l->run.cancel));
		TRY(manifest_next(l->check.m, &e, fault));
		if (e.name == NULL)
			return ERR_OK;
		if (picking_wants(&l->picking, e.name, e.name_len, e.type == 'd'))
			tell_entry(l, &e);
	}
}

static void
give(struct run *run)
{
	struct listing *l = (struct listing *)run;
	struct manifest_fault fault = { 0 };

	manifestcheck_open(&l->check);
	struct err err = l->check.why;
	if (!err_failed(err)) {
		err = tell_all(l, &fault);
		if (err.code == EBADMSG)
			str_adds(&l->check.words, fault.why);
	}
	if (!err_failed(err) || err_class(err) == ERR_CLASS_CANCELED)
		return;
	tell_operand_error(
	    run, l->opts->archive, err, l->check.words.len > 0 ? l->check.words.buf : NULL);
	report_raise(run->report, err.code == EBADMSG ? EXIT_INTEGRITY : EXIT_STOPPED);
}

/* Tell which operands nothing matched. */
static void
conclude(struct run *run)
{
	struct listing *l = (struct listing *)run;

	for (size_t i = 0; i < l->picking.n && !err_failed(l->check.why); i++) {
		if (!l->picking.picks[i].used)
			tell_operand_error(run, l->picking.texts[i],
			    err_make(ENOENT, OP_REFUSE, SIDE_NONE, -1),
			    "nothing in the manifest has this name");
	}
}

int
list_manifest(struct unpack_opts *opts)
{
	static const struct run_steps steps = { .give = give, .conclude = conclude };
	static const struct sink sink = { .finish = sink_finish_nothing };
	static const struct walk_opts no_walk;
	struct listing l = {
		.opts = opts,
		.check = { .path = opts->archive, .fd = -1, .words = STR_INIT },
		.hash = STR_INIT,
		.run = {
			.sink = &sink,
			.request = {
				.walk = &no_walk,
				.select = &opts->select,
				.report = &opts->report,
				.jobs = 1,
				.dry_run = true,
			},
		},
	};

	int status = run_carry_out(&l.run, &steps);
	picking_release(&l.picking);
	owner_names_release(&l.names);
	manifestcheck_release(&l.check);
	str_release(&l.hash);
	return status;
}
