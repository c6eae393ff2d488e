/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of the module of archives, for tests.
 *
 *     arc list [-m] FILE             one line a member; "-" reads standard input without seeking;
 *                                    -m leaves out what formats have in different ways
 *     arc convert [-h] [-r] IN KIND OUT   read IN, write OUT as the suffix KIND tells; -h writes content
 *                                    itself, -r is reproducible
 *     arc count FILE                 the number of members
 *     arc inflate KIND | deflate KIND     standard input to standard output
 *
 * Exit code: 1 = some members failed, 2 = the archive did, 3 = usage.
 */
#include "../unit/arc_memory.h"
#include "base/str.h"
#include "pipe/archivefeed.h"
#include "thread/cancel.h"

#include <fcntl.h>
#include <sys/stat.h>

static const struct arc_module *module;

/* Numbers that the tests know, whatever the machine has. */
static int64_t
id_of(void *arg, const char *name, bool group)
{
	(void)arg;
	(void)group;
	return strcmp(name, "joe") == 0 ? 1000 : strcmp(name, "root") == 0 ? 0 : -1;
}

static const struct arc_read_options read_options = { .id_of = id_of };
static bool bad_members;

/* An input: a file that can seek, or standard input, which is read as it comes. */
struct input {
	struct arc_feed plain; /* first */
	struct feed_file file;
	struct arc_feed *feed;
	int fd;
	char block[ARC_BLOCK_SIZE];
};

static struct err
more_of_stdin(struct arc_feed *feed, const void **bytes, size_t *n)
{
	struct input *in = (struct input *)feed;
	ssize_t got = read(0, in->block, sizeof(in->block));

	if (got < 0)
		return err_make(5, OP_READ, SIDE_SRC, -1);
	*bytes = in->block;
	*n = (size_t)got;
	return ERR_OK;
}

static void
die(const char *what, struct err e, const char *said)
{
	fprintf(stderr, "arc: %s: %s: %s\n", what, err_code_name(e), said);
	exit(arc_is_damage(e) ? 2 : 4);
}

static void
open_input(struct input *in, const char *path, const struct cancel *cancel)
{
	if (strcmp(path, "-") == 0) {
		in->plain = (struct arc_feed){ .more = more_of_stdin, .size = -1 };
		in->feed = &in->plain;
		in->fd = 0;
		return;
	}
	in->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0 || err_failed(feed_file_init(&in->file, in->fd, cancel))) {
		perror(path);
		exit(3);
	}
	in->feed = &in->file.feed;
}

/* FNV-1a of what is shown; holes count as zeros. */
static uint64_t
add_sum(uint64_t sum, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum =
		    (sum ^ (bytes != NULL ? ((const unsigned char *)bytes)[i] : 0)) * 0x100000001b3;
	return sum;
}

/* Content as seen by the reader, and by looking into the file where it said that it is. */
static bool
sum_content(struct arc_reader *r, const struct arc_member *m, int fd, uint64_t *sum, int64_t *size)
{
	const struct arc_reading *ops = module->reading;
	int64_t data_at = m->data_at, at = 0, off;
	const void *bytes;
	size_t n;

	*sum = 0xcbf29ce484222325;
	do {
		struct err e = ops->data(r, &bytes, &n, &off);
		if (err_failed(e)) {
			fprintf(stderr, "arc: %s: %s\n", m->name.bytes, ops->said(r));
			return false;
		}
		for (; at < off; at++)
			*sum = add_sum(*sum, NULL, 1);
		*sum = add_sum(*sum, bytes, n);
		if (data_at >= 0 && n > 0) {
			char *there = malloc(n);
			if (there == NULL || pread(fd, there, n, data_at + off) != (ssize_t)n ||
			    memcmp(there, bytes, n) != 0) {
				fprintf(stderr, "arc: %s is not where it was said to be\n",
				    m->name.bytes);
				exit(5);
			}
			free(there);
		}
		at = off + (int64_t)n;
	} while (n > 0);
	*size = at;
	return true;
}

static void
add_bytes(struct str *s, const char *label, struct arc_name name)
{
	if (name.bytes == NULL)
		return;
	str_addf(s, " %s=", label);
	str_add_shown(s, name.bytes, name.len);
}

static int
compare_xattrs(const void *a, const void *b)
{
	return strcmp(((const struct arc_xattr *)a)->name, ((const struct arc_xattr *)b)->name);
}

static void
describe(struct str *s, const struct arc_member *m, bool brief)
{
	static const char *const types[] = { "file", "dir", "symlink", "hardlink", "fifo", "char",
		"block", "socket", "unknown" };
	static const char *const times[] = { "mtime", "atime", "ctime", "btime" };

	str_adds(s, types[m->type]);
	add_bytes(s, "name", m->name);
	add_bytes(s, "link", m->link);
	str_addf(s, " mode=%04o", m->mode);
	if (m->has_owner) {
		str_addf(s, " uid=%lld gid=%lld", (long long)m->uid, (long long)m->gid);
		add_bytes(s, "uname", m->uname);
		add_bytes(s, "gname", m->gname);
	}
	if (m->type == ARC_CHAR || m->type == ARC_BLOCK)
		str_addf(s, " rdev=%u,%u", m->rdev_major, m->rdev_minor);
	for (int t = 0; t < (brief ? 1 : ARC_TIMES_N); t++) {
		if ((m->has_times & 1U << t) != 0)
			str_addf(s, " %s=%lld.%09ld", times[t], (long long)m->times[t].tv_sec,
			    m->times[t].tv_nsec);
	}
	struct arc_xattr *sorted = calloc(m->n_xattrs + 1, sizeof(*sorted));
	memcpy(sorted, m->xattrs != NULL ? m->xattrs : sorted, m->n_xattrs * sizeof(*sorted));
	qsort(sorted, m->n_xattrs, sizeof(*sorted), compare_xattrs);
	for (size_t i = 0; i < m->n_xattrs; i++) {
		str_adds(s, " ");
		str_add_shown(s, sorted[i].name, strlen(sorted[i].name));
		str_adds(s, ":");
		str_add_base64(s, sorted[i].value, sorted[i].len);
	}
	free(sorted);
	if (m->sparse && !brief) {
		str_adds(s, " ranges=");
		for (size_t i = 0; i < m->n_ranges; i++)
			str_addf(s, "%lld+%lld,", (long long)m->ranges[i].off,
			    (long long)m->ranges[i].len);
	}
	if (m->has_flags)
		str_adds(s, " flags");
	if (m->lost_acl)
		str_adds(s, " lost-acl");
	if (m->encrypted)
		str_adds(s, " encrypted");
	if (m->warning != NULL)
		fprintf(stderr, "arc: %s: %s\n", m->name.bytes, m->warning);
}

/* The next member, failures that are of one member told; NULL = the end. */
static const struct arc_member *
next(struct arc_reader *r)
{
	const struct arc_member *m;

	for (;;) {
		struct err e = module->reading->next(r, &m);
		if (!err_failed(e))
			return m;
		if (module->reading->is_over(r))
			die("read", e, module->reading->said(r));
		fprintf(stderr, "arc: skipped: %s\n", module->reading->said(r));
		bad_members = true;
	}
}

static void
list(struct arc_reader *r, const struct input *in, bool brief)
{
	const struct arc_member *m;

	while ((m = next(r)) != NULL) {
		struct str s = STR_INIT;
		uint64_t sum;
		int64_t size;

		describe(&s, m, brief);
		if (m->type == ARC_FILE && sum_content(r, m, in->fd, &sum, &size))
			str_addf(&s, " size=%lld sum=%016llx", (long long)size, (long long)sum);
		else if (m->type == ARC_FILE)
			bad_members = true;
		puts(s.buf);
		str_release(&s);
	}
	fprintf(stderr, "format: %s, %s\n", module->reading->format(r),
	    arc_filter_name(module->reading->filter(r)));
}

/* An output: a descriptor. */
struct output {
	struct arc_drain drain; /* first */
	int fd;
};

static struct err
put_fd(struct arc_drain *drain, const void *bytes, size_t n)
{
	const char *from = bytes;

	while (n > 0) {
		ssize_t done = write(((struct output *)drain)->fd, from, n);
		if (done <= 0)
			return err_make(5, OP_WRITE, SIDE_DST, -1);
		from += done;
		n -= (size_t)done;
	}
	return ERR_OK;
}

/* Write a member's content: through the writer, or behind its back. */
static void
copy_content(struct arc_reader *r, struct arc_writer *w, struct output *out, bool by_hand)
{
	static const char zeros[512];
	int64_t at = 0, off, physical = 0, seen = 0;
	const void *bytes;
	unsigned pad = 0;
	size_t n;

	if (by_hand)
		by_hand = !err_failed(module->writing->hand_over(w, &physical, &pad));
	do {
		struct err e = module->reading->data(r, &bytes, &n, &off);
		if (err_failed(e))
			die("content", e, module->reading->said(r));
		if (by_hand)
			e = put_fd(&out->drain, bytes, n);
		else if (off > at)
			e = module->writing->hole(w, off - at);
		if (!by_hand && !err_failed(e))
			e = module->writing->data(w, bytes, n);
		if (err_failed(e))
			die("write", e, module->writing->said(w));
		seen += (int64_t)n;
		at = off + (int64_t)n;
	} while (n > 0);
	if (by_hand && (seen != physical || err_failed(put_fd(&out->drain, zeros, pad))))
		exit(5);
}

static void
convert(struct arc_reader *r, const struct arc_write_options *options, int fd, bool by_hand)
{
	struct output out = { .drain = { .put = put_fd }, .fd = fd };
	struct arc_writer *w = module->writing->make(&out.drain);
	const struct arc_member *m;
	const char *warning;
	struct err e = w != NULL ? module->writing->begin(w, options) : ERR_OK;

	if (w == NULL || err_failed(e))
		die("begin", e, w != NULL ? module->writing->said(w) : "");
	while ((m = next(r)) != NULL) {
		e = module->writing->header(w, m, &warning);
		if (err_failed(e)) {
			fprintf(stderr, "arc: left out %s: %s\n", m->name.bytes,
			    module->writing->said(w));
			bad_members = true;
			continue;
		}
		if (warning != NULL)
			fprintf(stderr, "arc: %s: %s\n", m->name.bytes, warning);
		if (m->type == ARC_FILE)
			copy_content(r, w, &out, by_hand && !m->sparse);
	}
	e = module->writing->finish(w);
	if (err_failed(e))
		die("finish", e, module->writing->said(w));
	module->writing->drop(w);
}

static int
stream(const char *way, const char *kind, struct input *in)
{
	struct output out = { .drain = { .put = put_fd }, .fd = 1 };
	struct arc_write_options o = { .level = ARC_LEVEL_DEFAULT, .threads = 2 };
	char text[ARC_TEXT];
	struct err e;

	if (!arc_filter_by_name(kind, &o.filter))
		return 3;
	if (strcmp(way, "inflate") == 0)
		e = module->streaming->inflate(in->feed, &out.drain, o.filter, text);
	else
		e = module->streaming->deflate(in->feed, &out.drain, &o, text);
	if (err_failed(e))
		die(way, e, text);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct cancel cancel;
	struct input *in = calloc(1, sizeof(*in));
	const char *verb = argc > 1 ? argv[1] : "";
	bool by_hand = false, reproducible = false, brief = false;
	int at = 2;

	module = built_module();
	if (module == NULL || in == NULL || argc < 3 || err_failed(cancel_init(&cancel)))
		return 3;
	for (; argv[at] != NULL && argv[at][0] == '-' && argv[at][1] != '\0'; at++) {
		by_hand |= argv[at][1] == 'h';
		reproducible |= argv[at][1] == 'r';
		brief |= argv[at][1] == 'm';
	}
	if (strstr(verb, "flate") != NULL) {
		open_input(in, "-", &cancel);
		return stream(verb, argv[at], in);
	}
	open_input(in, argv[at], &cancel);
	struct arc_reader *r = module->reading->make(in->feed, &read_options);
	if (strcmp(verb, "list") == 0) {
		list(r, in, brief);
	} else if (strcmp(verb, "count") == 0) {
		long n = 0;
		while (next(r) != NULL)
			n++;
		printf("%ld\n", n);
	} else if (strcmp(verb, "convert") == 0 && argc == at + 3) {
		struct arc_kind kind;
		if (!arc_kind_by_name(argv[at + 1], &kind))
			return 3;
		struct arc_write_options o = { .format = kind.format,
			.filter = kind.filter,
			.level = ARC_LEVEL_DEFAULT,
			.threads = 2,
			.reproducible = reproducible };
		int fd = open(argv[at + 2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		convert(r, &o, fd, by_hand);
	} else {
		return 3;
	}
	module->reading->drop(r);
	feed_file_release(&in->file);
	free(in);
	cancel_release(&cancel);
	return bad_members ? 1 : 0;
}
