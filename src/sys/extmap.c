/* SPDX-License-Identifier: BSD-2-Clause */
/* FIEMAP. */
#include "sys/extmap.h"

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

/* Where any of these is set, PHYS is no place that two files can be compared by. */
#define NOT_PLAIN                                                                                  \
	(FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_ENCODED |                  \
	    FIEMAP_EXTENT_DATA_ENCRYPTED | FIEMAP_EXTENT_NOT_ALIGNED | FIEMAP_EXTENT_DATA_INLINE | \
	    FIEMAP_EXTENT_DATA_TAIL | FIEMAP_EXTENT_UNWRITTEN)

/* A request with room for its answer. */
union request {
	struct fiemap head;
	char room[sizeof(struct fiemap) + EXTMAP_PARTS * sizeof(struct fiemap_extent)];
};

struct err
extmap_get(int fd, int64_t off, int64_t end, bool sync, struct extmap *map)
{
	union request r;

	memset(&r.head, 0, sizeof r.head);
	r.head.fm_start = (uint64_t)off;
	r.head.fm_length = (uint64_t)(end - off);
	r.head.fm_flags = sync ? FIEMAP_FLAG_SYNC : 0;
	r.head.fm_extent_count = EXTMAP_PARTS;
	if (ioctl(fd, FS_IOC_FIEMAP, &r) != 0)
		return err_sys(OP_SEEK, SIDE_SRC, off);
	map->n = r.head.fm_mapped_extents;
	map->last = map->n < EXTMAP_PARTS;
	for (size_t i = 0; i < map->n; i++) {
		const struct fiemap_extent *x = &r.head.fm_extents[i];
		map->parts[i] = (struct extmap_part){
			.off = (int64_t)x->fe_logical,
			.len = (int64_t)x->fe_length,
			.phys = x->fe_physical,
			.shared = (x->fe_flags & (FIEMAP_EXTENT_SHARED | NOT_PLAIN)) ==
				  FIEMAP_EXTENT_SHARED,
		};
		map->last |= (x->fe_flags & FIEMAP_EXTENT_LAST) != 0;
	}
	return ERR_OK;
}
