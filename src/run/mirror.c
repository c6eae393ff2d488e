/* SPDX-License-Identifier: BSD-2-Clause */
/* Which source inode a destination inode with several names belongs to. */
#include "run/mirror.h"

#include "run/extras.h"

#include <errno.h>
#include <stdlib.h>

/* Who claimed an inode first. */
struct claim {
	dev_t dev;    /* of the source */
	ino_t ino;    /* likewise; 0 = nobody has it */
	nlink_t gone; /* names that a dry run would have replaced by now */
};

struct err
mirror_init(struct mirror *m)
{
	m->backup_fd = m->lock_fd = -1;
	map_init(&m->claims);
	map_init(&m->renewed);
	m->hollow = STR_INIT;
	pthread_mutex_init(&m->lock, NULL);
	pthread_mutex_init(&m->mark.lock, NULL);
	m->extras = extras_new();
	return m->extras != NULL ? ERR_OK : err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
}

bool
mirror_keep_text(struct mirror *m, char *text)
{
	char **texts = reallocarray(m->texts, m->n_texts + 1, sizeof(char *));

	if (texts == NULL) {
		free(text);
		return false;
	}
	m->texts = texts;
	m->texts[m->n_texts++] = text;
	return true;
}

void
mirror_release(struct mirror *m)
{
	struct map_key key;
	void *value;

	for (size_t cursor = 0; map_each(&m->claims, &cursor, &key, &value);)
		free(value);
	map_release(&m->claims);
	map_release(&m->renewed);
	str_release(&m->hollow);
	for (size_t i = 0; i < m->n_texts; i++)
		free(m->texts[i]);
	free(m->texts);
	extras_free(m->extras);
	pthread_mutex_destroy(&m->lock);
	pthread_mutex_destroy(&m->mark.lock);
}

static struct err
claim_locked(struct mirror *m, const struct stat *src, struct stat *dst, bool *ours)
{
	struct map_key key = { .hi = dst->st_dev, .lo = dst->st_ino };
	struct claim *c = map_get(&m->claims, key);

	if (c == NULL) {
		c = malloc(sizeof *c);
		if (c == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		*c = (struct claim){ 0 };
		struct err err = map_put(&m->claims, key, c);
		if (err_failed(err)) {
			free(c);
			return err;
		}
	}
	if (c->ino == 0) {
		c->dev = src->st_dev;
		c->ino = src->st_ino;
	}
	dst->st_nlink = dst->st_nlink > c->gone ? dst->st_nlink - c->gone : 1;
	*ours = c->dev == src->st_dev && c->ino == src->st_ino;
	return ERR_OK;
}

struct err
mirror_claim(struct mirror *m, const struct stat *src, struct stat *dst, bool *ours)
{
	pthread_mutex_lock(&m->lock);
	struct err err = claim_locked(m, src, dst, ours);
	pthread_mutex_unlock(&m->lock);
	return err;
}

void
mirror_leave(struct mirror *m, const struct stat *dst)
{
	struct map_key key = { .hi = dst->st_dev, .lo = dst->st_ino };

	if (S_ISDIR(dst->st_mode) || dst->st_nlink < 2)
		return;
	pthread_mutex_lock(&m->lock);
	struct claim *c = map_get(&m->claims, key);
	if (c != NULL) {
		c->ino = 0;
		c->gone += m->opts->copy.dry_run;
	}
	pthread_mutex_unlock(&m->lock);
}

struct err
mirror_renew(struct mirror *m, const struct stat *src)
{
	struct map_key key = { .hi = src->st_dev, .lo = src->st_ino };
	struct err err = ERR_OK;

	pthread_mutex_lock(&m->lock);
	if (map_get(&m->renewed, key) == NULL)
		err = map_put(&m->renewed, key, m);
	pthread_mutex_unlock(&m->lock);
	return err;
}

bool
mirror_is_renewed(struct mirror *m, const struct stat *src)
{
	struct map_key key = { .hi = src->st_dev, .lo = src->st_ino };

	pthread_mutex_lock(&m->lock);
	bool renewed = map_get(&m->renewed, key) != NULL;
	pthread_mutex_unlock(&m->lock);
	return renewed;
}
