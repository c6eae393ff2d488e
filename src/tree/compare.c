/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing a source with its destination by what their attributes say. */
#include "tree/compare.h"

enum {
	NS_PER_S = 1000000000,
	/* The tick of a kernel with CONFIG_HZ=100, the coarsest in use: two changes within it may leave
	 * one time (before Linux 6.13, whose times are finer where somebody looks). */
	TICK_NS = 10000000
};

/* A file system's last or first second, where it stores what is beyond. */
static const int64_t limits_s[] = {
	INT32_MIN,   /* ext2, ext3, ext4, xfs without bigtime: first */
	INT32_MAX,   /* ext2, ext3, ext4 with inodes of 128 bytes, xfs without bigtime: last */
	UINT32_MAX,  /* hfsplus and others with unsigned seconds: last */
	15032385535, /* ext4: 34 bits, EXT4_EXTRA_TIMESTAMP_MAX */
	16299260424, /* xfs with bigtime: 64 bits of nanoseconds, XFS_BIGTIME_TIME_MAX */
	4354819199,  /* vfat and exfat: the end of 2107 */
};

/* What file systems round times to, the coarsest first. */
static const int64_t grains_ns[] = {
	2 * (int64_t)NS_PER_S, /* vfat */
	NS_PER_S,              /* ext2, ext3, inodes of 128 bytes, hfsplus */
	10000000,              /* exfat */
	1000000,               /* some network servers */
	1000,                  /* udf */
	100,                   /* ntfs, smb */
};

static int64_t
nanoseconds(struct timespec t)
{
	/* beyond 1677 and 2262 the product would not fit; whole seconds are compared first */
	return (t.tv_sec % 1000000) * (int64_t)NS_PER_S + t.tv_nsec;
}

static bool
is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Whether T's distance from U is at most NS. */
static bool
is_near(struct timespec t, struct timespec u, int64_t ns)
{
	int64_t seconds;
	int64_t most = ns / NS_PER_S + 1;

	/* an archive may have any time */
	if (__builtin_sub_overflow(t.tv_sec, u.tv_sec, &seconds) || seconds > most ||
	    seconds < -most)
		return false;
	int64_t apart = seconds * NS_PER_S + (t.tv_nsec - u.tv_nsec);
	return apart <= ns && apart >= -ns;
}

/* Whether a file system with times like CTIME may have rounded WANT to GOT. */
static bool
is_rounded(struct timespec want, struct timespec got, struct timespec ctime)
{
	if (got.tv_sec > want.tv_sec || want.tv_sec - got.tv_sec > 1)
		return false;
	for (size_t i = 0; i < sizeof(grains_ns) / sizeof(grains_ns[0]); i++) {
		int64_t grain = grains_ns[i];

		if (nanoseconds(ctime) % grain != 0 || nanoseconds(got) % grain != 0)
			continue;
		int64_t apart =
		    (want.tv_sec - got.tv_sec) * (int64_t)NS_PER_S + (want.tv_nsec - got.tv_nsec);
		if (apart >= 0 && apart < grain)
			return true;
	}
	return false;
}

/* Whether GOT is what a file system stores for WANT, which it has no room for. */
static bool
is_clamped(struct timespec want, struct timespec got)
{
	if (want.tv_sec >= INT32_MIN && want.tv_sec < INT32_MAX)
		return false;
	for (size_t i = 0; i < sizeof(limits_s) / sizeof(limits_s[0]); i++) {
		bool beyond =
		    limits_s[i] < 0 ? want.tv_sec < limits_s[i] : want.tv_sec >= limits_s[i];
		if (got.tv_sec == limits_s[i] && beyond)
			return true;
	}
	return false;
}

static bool
is_equal_time(const struct compare_opts *opts, const struct stat *src, const struct stat *dst)
{
	if (is_same_time(src->st_mtim, dst->st_mtim))
		return true;
	if (opts->window_ns >= 0)
		return is_near(src->st_mtim, dst->st_mtim, opts->window_ns);
	return is_rounded(src->st_mtim, dst->st_mtim, dst->st_ctim) ||
	       is_clamped(src->st_mtim, dst->st_mtim);
}

/* How long two changes of ST's file may be apart and leave one time of change.  That of its status is the
 * kernel's alone: whole milliseconds are a file system's that knows no finer times. */
static int64_t
tick_of(const struct stat *st)
{
	if (st->st_ctim.tv_nsec % 1000000 != 0)
		return TICK_NS;
	for (size_t i = 0; i < sizeof(grains_ns) / sizeof(grains_ns[0]); i++) {
		if (grains_ns[i] > TICK_NS && nanoseconds(st->st_mtim) % grains_ns[i] == 0)
			return grains_ns[i];
	}
	return TICK_NS;
}

/* Whether the source may have changed within the tick in which the destination was finished, after it
 * was read: then equal times tell nothing. */
static bool
is_racy(const struct stat *src, const struct stat *dst)
{
	int64_t here = tick_of(src);
	int64_t there = tick_of(dst);

	return is_near(src->st_mtim, dst->st_ctim, here > there ? here : there);
}

/* Whether DST's size and time may be those of content that never reached the device. */
static bool
is_suspect(const struct compare_opts *opts, const struct stat *dst)
{
	return opts->suspect_s != 0 && dst->st_ctim.tv_sec >= opts->suspect_s;
}

static unsigned
compare_content(
    const struct compare_opts *opts, const struct stat *src, const struct stat *dst, bool same_time)
{
	if (src->st_size != dst->st_size)
		return DIFFERS_SIZE;
	switch (opts->by) {
	case BY_NOTHING:
		return DIFFERS_CONTENT;
	case BY_SIZE:
		return src->st_size > 0 && is_suspect(opts, dst) ? UNSURE_CONTENT : 0;
	case BY_TIME:
		return same_time && src->st_size > 0 && (is_racy(src, dst) || is_suspect(opts, dst))
			   ? UNSURE_CONTENT
			   : 0;
	case BY_CONTENT:
		break;
	}
	return src->st_size > 0 ? UNSURE_CONTENT : 0;
}

unsigned
compare_stats(const struct compare_opts *opts, const struct stat *src, const struct stat *dst)
{
	bool link = S_ISLNK(src->st_mode);
	bool dir = S_ISDIR(src->st_mode);
	bool same_time = is_equal_time(opts, src, dst);
	bool timed =
	    opts->times && !(link && opts->omit_link_times) && !(dir && opts->omit_dir_times);
	unsigned differs = 0;

	if ((src->st_mode & S_IFMT) != (dst->st_mode & S_IFMT))
		return DIFFERS_TYPE;
	if (S_ISREG(src->st_mode)) {
		differs |= compare_content(opts, src, dst, same_time);
		timed |= opts->by == BY_TIME; /* as rsync: without -t all is copied again */
	}
	if ((S_ISCHR(src->st_mode) || S_ISBLK(src->st_mode)) && src->st_rdev != dst->st_rdev)
		differs |= DIFFERS_DEVICE;
	if (timed && !same_time)
		differs |= DIFFERS_MTIME;
	/* the mode of a symbolic link is always 0777 and nobody's */
	if (opts->mode && !link && ((src->st_mode ^ dst->st_mode) & 07777) != 0)
		differs |= DIFFERS_MODE;
	if (opts->owner && src->st_uid != dst->st_uid)
		differs |= DIFFERS_OWNER;
	if (opts->owner && src->st_gid != dst->st_gid)
		differs |= DIFFERS_GROUP;
	return differs;
}

/* Whether the destination is newer by more than the window. */
static bool
is_newer(const struct compare_opts *opts, const struct stat *src, const struct stat *dst)
{
	if (is_equal_time(opts, src, dst))
		return false;
	return dst->st_mtim.tv_sec != src->st_mtim.tv_sec
		   ? dst->st_mtim.tv_sec > src->st_mtim.tv_sec
		   : dst->st_mtim.tv_nsec > src->st_mtim.tv_nsec;
}

static enum compared
verdict_on_type(const struct stat *src, const struct stat *dst)
{
	if (S_ISDIR(src->st_mode))
		return COMPARED_FILE_AWAY;
	return S_ISDIR(dst->st_mode) ? COMPARED_DIR_AWAY : COMPARED_TYPE;
}

enum compared
compare_verdict(const struct compare_opts *opts, const struct stat *src, const struct stat *dst,
    unsigned differs)
{
	const unsigned whole = DIFFERS_SIZE | DIFFERS_CONTENT | DIFFERS_TARGET | DIFFERS_DEVICE;
	bool dir = S_ISDIR(src->st_mode);

	if (dst == NULL)
		return opts->existing ? COMPARED_SKIP : COMPARED_ABSENT;
	if (opts->ignore_existing && !dir)
		return COMPARED_SKIP;
	if ((differs & DIFFERS_TYPE) != 0)
		return verdict_on_type(src, dst);
	if (opts->update && S_ISREG(src->st_mode) && is_newer(opts, src, dst))
		return COMPARED_SKIP;
	if ((differs & whole) != 0)
		return COMPARED_CONTENT;
	if ((differs & UNSURE_CONTENT) != 0)
		return COMPARED_READ;
	/* the time is the one hint at another content of the same size */
	if (S_ISREG(src->st_mode) && opts->by == BY_TIME && (differs & DIFFERS_MTIME) != 0)
		return COMPARED_CONTENT;
	if (differs == 0)
		return COMPARED_EQUAL;
	/* what is set on a file is set for all of its names */
	return (differs & DIFFERS_NAMES) != 0 && !dir ? COMPARED_CONTENT : COMPARED_ATTRIBUTES;
}

static void
add_separated(struct str *s, size_t from, const char *words)
{
	if (s->len > from)
		str_adds(s, ", ");
	str_adds(s, words);
}

void
compare_add_words(struct str *s, unsigned differs, const struct stat *src, const struct stat *dst)
{
	static const struct {
		unsigned bit;
		const char *words;
	} plain[] = {
		{ DIFFERS_TYPE, "type" },
		{ DIFFERS_SIZE, "size" },
		{ DIFFERS_CONTENT, "content" },
		{ DIFFERS_TARGET, "target" },
		{ DIFFERS_DEVICE, "device number" },
		{ DIFFERS_MTIME, "mtime" },
		{ DIFFERS_XATTR, "xattr" },
		{ DIFFERS_NAMES, "other hard links" },
	};

	size_t from = s->len;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if ((differs & plain[i].bit) != 0)
			add_separated(s, from, plain[i].words);
	}
	if ((differs & DIFFERS_MODE) != 0) {
		add_separated(s, from, "mode ");
		str_addf(s, "%04o -> %04o", dst->st_mode & 07777, src->st_mode & 07777);
	}
	if ((differs & DIFFERS_OWNER) != 0) {
		add_separated(s, from, "owner ");
		str_addf(s, "%u -> %u", dst->st_uid, src->st_uid);
	}
	if ((differs & DIFFERS_GROUP) != 0) {
		add_separated(s, from, "group ");
		str_addf(s, "%u -> %u", dst->st_gid, src->st_gid);
	}
}

const char *
compare_skip_words(const struct compare_opts *opts, const struct stat *dst)
{
	if (dst == NULL)
		return "nothing new is made";
	return opts->ignore_existing ? "existing files stay" : "destination is newer";
}
