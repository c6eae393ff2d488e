/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs what: first the parts and the joints between them, with the taps that stand in each, then
 * the link of each joint.
 */
#include "pipe/layout.h"

#include "base/own.h"

#include <errno.h>

/* Both ports of a stage. */
struct ports {
	struct port in, out;
};

/* What stands on the left or right of a joint. */
struct side {
	const struct layout_end *end; /* an outer end, or NULL */
	struct stage *stage;          /* a part that is a stage, or NULL: an end or a mover */
	struct port port;             /* what it wants there; of no meaning at an end */
	bool feeds;                   /* it is a function that shows the taps what it moves */
};

static struct ports
ports_of(const struct stage *s)
{
	struct ports ports = { 0 };
	s->ops->ports(s, &ports.in, &ports.out);
	return ports;
}

static bool
is_tap(const struct stage *s)
{
	return s->kind == STAGE_TAP && !s->identity;
}

static bool
runs(const struct stage *s)
{
	return s->kind != STAGE_TAP && !s->identity;
}

static struct err
refuse(struct layout_fault *fault, size_t stage, const char *stream, const char *why)
{
	*fault = (struct layout_fault){ .stage = stage, .stream = stream, .why = why };
	return err_make(EINVAL, OP_REFUSE, SIDE_NONE, -1);
}

/* NONE means that nothing may be there: only at an outer end with nothing connected. */
static struct err
check_streams(const struct layout_pieces *pieces, struct layout_fault *fault)
{
	size_t n = pieces->n_stages;

	for (size_t i = 0; i < n; i++) {
		struct ports ports = ports_of(pieces->stages[i]);
		if (ports.in.want == WANT_NONE && (i > 0 || pieces->source.kind != WANT_NONE))
			return refuse(fault, i, "stdin", "takes no input");
		if (ports.out.want == WANT_NONE && (i + 1 < n || pieces->sink.kind != WANT_NONE))
			return refuse(fault, i, "stdout", "makes no output");
	}
	return ERR_OK;
}

/* A function that works on a descriptor itself sees no blocks that it could show to taps. */
static bool
can_feed(const struct stage *s, struct port p)
{
	return s->kind == STAGE_FUNCTION && !(p.must && (p.want == WANT_FD || p.want == WANT_FILE));
}

/* The side of part I that faces right (OUT) or left. */
static struct side
side_of_part(const struct layout *l, size_t i, bool out)
{
	struct stage *s = l->parts[i].stage;
	/* A mover in front of taps or of memory reads into blocks, and writes from them. */
	struct side side = { .stage = s, .port = { .want = WANT_MEM, .must = true } };

	if (s != NULL) {
		struct ports ports = ports_of(s);
		side.port = out ? ports.out : ports.in;
		side.feeds = can_feed(s, side.port);
	}
	return side;
}

static struct side
left_of(const struct layout_pieces *pieces, const struct layout *l, size_t joint)
{
	return joint == 0 ? (struct side){ .end = &pieces->source }
			  : side_of_part(l, joint - 1, true);
}

static struct side
right_of(const struct layout_pieces *pieces, const struct layout *l, size_t joint)
{
	return joint == l->n_parts ? (struct side){ .end = &pieces->sink }
				   : side_of_part(l, joint, false);
}

/* Count the taps among the stages of J; *STABLE is set when one of them wants stable bytes. */
static size_t
count_taps(const struct layout_pieces *pieces, const struct layout_joint *j, bool *stable)
{
	size_t taps = 0;

	for (size_t i = j->first_tap; i < j->first_tap + j->n_taps; i++) {
		const struct stage *s = pieces->stages[i];
		if (!is_tap(s))
			continue;
		struct ports ports = ports_of(s);
		*stable = *stable || ports.in.stable || ports.out.stable;
		taps++;
	}
	return taps;
}

static void
add_part(struct layout *l, struct stage *s, bool stable)
{
	l->parts[l->n_parts++] = (struct layout_part){ .stage = s, .stable = stable };
}

/*
 * Fill in the joint after the last part, before stage RIGHT (NULL = the sink), where stages
 * [FIRST, END) stand; two joints and a mover, if nobody else can show the bytes to the taps, or if
 * there is nobody else at all.
 */
static void
add_joint(const struct layout_pieces *pieces, struct layout *l, size_t first, size_t end,
    struct stage *right)
{
	struct layout_joint *joint = &l->joints[l->n_parts];
	struct ports right_ports = right != NULL ? ports_of(right) : (struct ports){ 0 };
	struct side left = left_of(pieces, l, l->n_parts);
	bool stable = left.port.stable || right_ports.in.stable;

	*joint = (struct layout_joint){ .first_tap = first, .n_taps = end - first };
	if (count_taps(pieces, joint, &stable) == 0) {
		if (l->n_parts > 0 || right != NULL || pieces->source.kind == WANT_NONE ||
		    pieces->sink.kind == WANT_NONE)
			return;
		stable = false;
	} else if (left.feeds) {
		joint->taps = TAPS_ON_OUT;
		return;
	} else if (right != NULL && can_feed(right, right_ports.in)) {
		joint->taps = TAPS_ON_IN;
		return;
	} else {
		joint->taps = TAPS_ON_OUT;
	}
	joint[1] = joint[0];
	joint[0] = (struct layout_joint){ .first_tap = first };
	add_part(l, NULL, stable);
}

static void
place(const struct layout_pieces *pieces, struct layout *l)
{
	size_t first = 0;

	for (size_t i = 0; i < pieces->n_stages; i++) {
		struct stage *s = pieces->stages[i];
		if (!runs(s))
			continue;
		add_joint(pieces, l, first, i, s);
		add_part(l, s, false);
		first = i + 1;
	}
	add_joint(pieces, l, first, pieces->n_stages, NULL);
}

static bool
is_descriptor(const struct layout_end *end)
{
	return end->kind == WANT_FILE || end->kind == WANT_FD;
}

/* A lone mover between two descriptors, with nobody to look: what the kernel does best. */
static bool
is_kernel(const struct layout_pieces *pieces, const struct layout *l)
{
	return l->n_parts == 1 && l->parts[0].stage == NULL && l->joints[1].taps == TAPS_NONE &&
	       is_descriptor(&pieces->source) && is_descriptor(&pieces->sink);
}

/* The port with which S enters the table of links; its taps are in its way when TAPPED. */
static struct port
port_of(const struct side *s, bool tapped)
{
	struct port port = s->port;

	if (s->end != NULL) {
		/* What an end has is there already and can be handed over, as a file's descriptor. */
		port = (struct port){ .want = is_descriptor(s->end) ? WANT_FILE : s->end->kind,
			.must = true };
	} else if (tapped) {
		port = (struct port){ .want = WANT_MEM, .must = true };
	} else if (port.want == WANT_FILE) {
		/* A part has no file of its own: it can use one, if the other side is an end. */
		port.want = WANT_FD;
	}
	return port;
}

static bool
lacks_file(const struct side *s, const struct side *other)
{
	return s->stage != NULL && s->port.want == WANT_FILE && s->port.must &&
	       (other->end == NULL || other->end->kind != WANT_FILE);
}

/* The index of S among the stages of PIECES, of which it is one. */
static size_t
index_of(const struct layout_pieces *pieces, const struct stage *s)
{
	size_t i = 0;
	while (pieces->stages[i] != s)
		i++;
	return i;
}

/* The link of joint J. */
static struct err
choose(const struct layout_pieces *pieces, struct layout *l, size_t j, struct layout_fault *fault)
{
	struct layout_joint *joint = &l->joints[j];
	struct side left = left_of(pieces, l, j);
	struct side right = right_of(pieces, l, j);

	if (lacks_file(&left, &right))
		return refuse(
		    fault, index_of(pieces, left.stage), "stdout", "needs a regular file");
	if (lacks_file(&right, &left))
		return refuse(
		    fault, index_of(pieces, right.stage), "stdin", "needs a regular file");
	/* A stage with nothing at an outer end reads nothing, or writes for nobody. */
	if ((left.end != NULL && left.end->kind == WANT_NONE) ||
	    (right.end != NULL && right.end->kind == WANT_NONE))
		joint->link = LINK_NONE;
	else
		joint->link = link_choose(port_of(&left, joint->taps == TAPS_ON_OUT),
		    port_of(&right, joint->taps == TAPS_ON_IN));
	BUG_ON(joint->link == LINK_BAD);
	return ERR_OK;
}

struct err
layout_make(const struct layout_pieces *pieces, struct layout *l, struct layout_fault *fault)
{
	*l = (struct layout){ 0 };
	TRY(check_streams(pieces, fault));
	/* A mover before each stage and one at the end is the most that there can be. */
	l->parts = calloc(2 * pieces->n_stages + 1, sizeof(*l->parts));
	l->joints = calloc(2 * pieces->n_stages + 2, sizeof(*l->joints));
	if (l->parts == NULL || l->joints == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	place(pieces, l);
	if (is_kernel(pieces, l)) {
		l->joints[0].link = LINK_KERNEL;
		l->joints[1].link = LINK_KERNEL;
		return ERR_OK;
	}
	for (size_t j = 0; j <= l->n_parts; j++)
		TRY(choose(pieces, l, j, fault));
	return ERR_OK;
}

void
layout_release(struct layout *l)
{
	free(l->parts);
	free(l->joints);
	*l = (struct layout){ 0 };
}
