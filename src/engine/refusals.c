/* SPDX-License-Identifier: BSD-2-Clause */
/* What pairs of file systems have refused: two tables that only grow. */
#include "engine/refusals.h"

#include "engine/fstraits.h"
#include "sys/file.h"

#include <errno.h>
#include <string.h>

void
refusals_init(struct refusals *r)
{
	memset(r, 0, sizeof(*r));
	/* Cannot fail without attributes (glibc, musl). */
	(void)pthread_mutex_init(&r->lock, NULL);
}

void
refusals_release(struct refusals *r)
{
	(void)pthread_mutex_destroy(&r->lock);
}

/* The index of DEVS among the first COUNT pairs, COUNT if absent. */
static unsigned
find_pair(const struct refusals *r, struct dev_pair devs, unsigned count)
{
	unsigned i = 0;
	while (i < count && (r->pairs[i].devs.src != devs.src || r->pairs[i].devs.dst != devs.dst))
		i++;
	return i;
}

/* The index of DEV among the first COUNT devices, COUNT if absent. */
static unsigned
find_dev(const struct refusals *r, dev_t dev, unsigned count)
{
	unsigned i = 0;
	while (i < count && r->devs[i].dev != dev)
		i++;
	return i;
}

int
refusals_get(const struct refusals *r, struct dev_pair devs, enum method m)
{
	/* Codes are independent hints: a late one costs one more question, hence relaxed. */
	int code = atomic_load_explicit(&r->process[m], memory_order_relaxed);
	if (code != 0)
		return code;
	/* Acquire: the keys below the count were written before it was raised. */
	unsigned count = atomic_load_explicit(&r->pair_count, memory_order_acquire);
	unsigned i = find_pair(r, devs, count);
	if (i == count)
		return 0;
	return atomic_load_explicit(&r->pairs[i].code[m], memory_order_relaxed);
}

bool
refusal_lasts(struct dev_pair devs, int code)
{
	switch (code) {
	case ENOSYS:
	case ENOTTY:
	case EOPNOTSUPP:
		return true;
	case EXDEV:
		return devs.src != devs.dst;
	default:
		return false;
	}
}

void
refusals_note(struct refusals *r, struct dev_pair devs, enum method m, int code)
{
	if (!refusal_lasts(devs, code))
		return;
	if (code == ENOSYS) {
		atomic_store_explicit(&r->process[m], code, memory_order_relaxed);
		return;
	}
	pthread_mutex_lock(&r->lock);
	unsigned count = atomic_load_explicit(&r->pair_count, memory_order_relaxed);
	unsigned i = find_pair(r, devs, count);
	if (i < REFUSALS_CAP) {
		atomic_store_explicit(&r->pairs[i].code[m], code, memory_order_relaxed);
		if (i == count) {
			r->pairs[i].devs = devs;
			atomic_store_explicit(&r->pair_count, count + 1, memory_order_release);
		}
	}
	pthread_mutex_unlock(&r->lock);
}

static void
remember_dev(struct refusals *r, dev_t dev, unsigned traits)
{
	pthread_mutex_lock(&r->lock);
	unsigned count = atomic_load_explicit(&r->dev_count, memory_order_relaxed);
	if (count < REFUSALS_CAP && find_dev(r, dev, count) == count) {
		r->devs[count] = (struct refusals_dev){ .dev = dev, .traits = traits };
		atomic_store_explicit(&r->dev_count, count + 1, memory_order_release);
	}
	pthread_mutex_unlock(&r->lock);
}

unsigned
refusals_traits(struct refusals *r, dev_t dev, int fd, enum err_side side)
{
	unsigned count = atomic_load_explicit(&r->dev_count, memory_order_acquire);
	unsigned i = find_dev(r, dev, count);
	if (i < count)
		return r->devs[i].traits;
	int64_t type;
	if (err_failed(file_fs_type(fd, side, &type)))
		return 0;
	unsigned traits = fs_traits(type);
	remember_dev(r, dev, traits);
	return traits;
}
