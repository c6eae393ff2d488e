/* SPDX-License-Identifier: BSD-2-Clause */
/* The slots that are the same for each tap. */
#include "pipe/tap.h"

#include "base/own.h"

#include <errno.h>
#include <stdarg.h>

void *
tap_new(const struct stage_ops *ops, size_t size, const char *fmt, ...)
{
	struct tap *t = calloc(1, size);
	va_list ap;
	int len;

	if (t == NULL)
		return NULL;
	va_start(ap, fmt);
	len = vasprintf(&t->name, fmt, ap);
	va_end(ap);
	if (len < 0) {
		free(t);
		return NULL;
	}
	t->stage = (struct stage){ .ops = ops, .name = t->name, .kind = STAGE_TAP };
	return t;
}

struct err
tap_note(struct tap *t, struct err e)
{
	if (!err_failed(t->err))
		t->err = e;
	return e;
}

void
tap_ports(const struct stage *s, struct port *in, struct port *out)
{
	(void)s;
	*in = (struct port){ .want = WANT_ANY };
	*out = *in;
}

void
tap_ports_stable(const struct stage *s, struct port *in, struct port *out)
{
	(void)s;
	*in = (struct port){ .want = WANT_ANY, .stable = true };
	*out = *in;
}

struct err
tap_end_nothing(struct stage *s, bool whole)
{
	(void)s;
	(void)whole;
	return ERR_OK;
}

void
tap_verdict(struct stage *s, struct verdict *v)
{
	const struct tap *t = (const struct tap *)s;

	*v = (struct verdict){ .stage = s->name, .err = t->err };
	if (err_is_broken_pipe(t->err))
		v->kind = VERDICT_PIPE;
	else if (t->err.code == ECANCELED)
		v->kind = VERDICT_CANCELED;
	else if (err_failed(t->err))
		v->kind = VERDICT_ERR;
	else
		v->kind = t->enough ? VERDICT_EARLY : VERDICT_OK;
}

void
tap_free(struct stage *s)
{
	struct tap *t = (struct tap *)s;
	free(t->name);
	free(t);
}
