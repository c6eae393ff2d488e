/* SPDX-License-Identifier: BSD-2-Clause */
/* A layout as --explain prints it. */
#include "pipe/layout.h"

#include <string.h>

static void
add_words(struct str *out, const char *words)
{
	str_add_text(out, words, strlen(words));
}

static void
add_end(const struct layout_end *end, struct str *out)
{
	add_words(out, end->kind == WANT_NONE || end->name == NULL ? "nothing" : end->name);
}

static size_t
count_fused(const struct layout_pieces *pieces, const struct layout_joint *j)
{
	size_t fused = 0;
	for (size_t i = j->first_tap; i < j->first_tap + j->n_taps; i++)
		fused += !pieces->stages[i]->identity;
	return fused;
}

/* Append LINK, after a comma unless it is the first. */
static void
add_link(struct str *out, enum link link, bool *is_first)
{
	if (!*is_first)
		str_adds(out, ", ");
	*is_first = false;
	str_adds(out, link_name(link));
}

/* The number of joints to tell of: a lone mover by the kernel joins its two ends once. */
static size_t
joints_told(const struct layout *l)
{
	return l->joints[0].link == LINK_KERNEL ? 1 : l->n_parts + 1;
}

void
layout_explain(const struct layout_pieces *pieces, const struct layout *l, struct str *out)
{
	bool is_first = true;

	add_end(&pieces->source, out);
	for (size_t i = 0; i < pieces->n_stages; i++) {
		str_adds(out, " | ");
		add_words(out, pieces->stages[i]->name);
	}
	str_adds(out, " | ");
	add_end(&pieces->sink, out);
	str_adds(out, "     links: ");
	for (size_t j = 0; j < joints_told(l); j++) {
		const struct layout_joint *joint = &l->joints[j];
		size_t fused = joint->taps == TAPS_NONE ? 0 : count_fused(pieces, joint);

		if (joint->taps != TAPS_ON_OUT)
			add_link(out, joint->link, &is_first);
		while (fused-- > 0)
			add_link(out, LINK_FUSED, &is_first);
		if (joint->taps == TAPS_ON_OUT)
			add_link(out, joint->link, &is_first);
	}
}

static void
add_port(struct port p, struct str *out)
{
	str_addf(out, " (%s%s%s)", want_name(p.want), p.must ? ", must" : "",
	    p.stable ? ", stable" : "");
}

/* Append part P and its port that faces right (OUT) or left. */
static void
add_part(const struct layout_part *p, bool faces_out, struct str *out)
{
	struct port in = { .want = WANT_MEM, .stable = p->stable };
	struct port other = in;

	if (p->stage != NULL)
		p->stage->ops->ports(p->stage, &in, &other);
	add_words(out, p->stage != NULL ? p->stage->name : "mover");
	add_port(faces_out ? other : in, out);
}

static void
add_outer(const struct layout_end *end, struct str *out)
{
	add_end(end, out);
	add_port((struct port){ .want = end->kind }, out);
}

/* Append the names of the taps of J, or of what was left out there, after WORDS; nothing if none. */
static void
add_stages(const struct layout_pieces *pieces, const struct layout_joint *j, bool left_out,
    const char *words, struct str *out)
{
	const char *before = words;

	for (size_t i = j->first_tap; i < j->first_tap + j->n_taps; i++) {
		const struct stage *s = pieces->stages[i];
		if (s->identity != left_out)
			continue;
		str_adds(out, before);
		add_words(out, s->name);
		before = ", ";
	}
}

void
layout_explain_joints(const struct layout_pieces *pieces, const struct layout *l, struct str *out)
{
	size_t told = joints_told(l);

	for (size_t j = 0; j < told; j++) {
		/* The stages that are left out between two ends stand in the mover's other joint. */
		const struct layout_joint *joint = &l->joints[told == 1 ? l->n_parts : j];

		if (j == 0)
			add_outer(&pieces->source, out);
		else
			add_part(&l->parts[j - 1], true, out);
		str_adds(out, " -> ");
		if (j == told - 1)
			add_outer(&pieces->sink, out);
		else
			add_part(&l->parts[j], false, out);
		str_addf(out, ": %s, %s", link_name(joint->link), link_reason(joint->link));
		add_stages(pieces, joint, false,
		    joint->taps == TAPS_ON_OUT ? "; fused on the left: " : "; fused on the right: ",
		    out);
		add_stages(pieces, joint, true, "; left out: ", out);
		str_addc(out, '\n');
	}
}
