/* SPDX-License-Identifier: BSD-2-Clause */
/* What kinds of file systems can be relied on for: a table. */
#include "engine/fstraits.h"

#include <linux/magic.h>
#include <stddef.h>

/* fs/bcachefs of Linux 6.7; linux/magic.h has no name for it. */
#define BCACHEFS_MAGIC 0xca451a4e

enum {
	SOUND = FS_LOCAL | FS_TRUE_SIZE, /* a file system on a disk of this machine, or in memory */
	PAGED = SOUND | FS_PAGED_READS,
};

struct fs_kind {
	int64_t type;
	unsigned traits;
};

/* FS_TRUE_HOLES only where it was tested, on Linux 6.18 (TRUST.md 1.5); not ZFS, ever. */
static const struct fs_kind kinds[] = {
	{ EXT4_SUPER_MAGIC, PAGED | FS_TRUE_HOLES | FS_PREALLOCATE | FS_COLD_DIRECT },
	{ XFS_SUPER_MAGIC, PAGED | FS_TRUE_HOLES | FS_PREALLOCATE | FS_COLD_DIRECT },
	{ BTRFS_SUPER_MAGIC, PAGED | FS_TRUE_HOLES | FS_ONE_CREATOR | FS_COLD_DIRECT },
	{ TMPFS_MAGIC, PAGED | FS_TRUE_HOLES },
	{ OVERLAYFS_SUPER_MAGIC, SOUND | FS_TRUE_HOLES },
	{ F2FS_SUPER_MAGIC, SOUND },
	{ BCACHEFS_MAGIC, SOUND },
	{ RAMFS_MAGIC, SOUND },
	{ MSDOS_SUPER_MAGIC, SOUND },
	{ EXFAT_SUPER_MAGIC, SOUND },
	{ ISOFS_SUPER_MAGIC, SOUND },
	{ UDF_SUPER_MAGIC, SOUND },
	{ SQUASHFS_MAGIC, SOUND },
	{ EROFS_SUPER_MAGIC_V1, SOUND },
	{ PROC_SUPER_MAGIC, FS_LOCAL },
	{ SYSFS_MAGIC, FS_LOCAL },
	{ DEBUGFS_MAGIC, FS_LOCAL },
	{ TRACEFS_MAGIC, FS_LOCAL },
	{ CGROUP2_SUPER_MAGIC, FS_LOCAL },
};

unsigned
fs_traits(int64_t type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == type)
			return kinds[i].traits;
	return 0;
}
