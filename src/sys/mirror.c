/* SPDX-License-Identifier: BSD-2-Clause */
/* A mirrored mapping, of shared anonymous memory: a file of memfd_create(2) would have to fit into
 * RLIMIT_FSIZE (EFBIG, Linux 6.18; test_ring has the case). */
#include "sys/mirror.h"

#include <sys/mman.h>

char *
mirror_map(size_t size)
{
	char *at = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	/* An old size of 0 maps the same pages once more: mremap(2). */
	if (mremap(at, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, at + size) == MAP_FAILED) {
		munmap(at, 2 * size);
		return NULL;
	}
	return at;
}

void
mirror_unmap(char *at, size_t size)
{
	if (at != NULL)
		munmap(at, 2 * size);
}
