/* SPDX-License-Identifier: BSD-2-Clause */
/* How far a misspelt name is from a right one. */
#include "cli/typo.h"

#include <limits.h>
#include <string.h>

enum {
	TYPO_MAX = 64 /* longer names are not compared; the longest of ours has 25 bytes */
};

int
typo_limit(size_t len)
{
	return len < TYPO_MAX ? (int)len / 3 + 1 : 0;
}

static int
least(int a, int b)
{
	return a < b ? a : b;
}

int
typo_distance(const char *a, size_t a_len, const char *b)
{
	size_t b_len = strlen(b);
	int rows[3][TYPO_MAX]; /* the distances of the last two beginnings of A, and of this one */

	if (a_len >= TYPO_MAX || b_len >= TYPO_MAX)
		return INT_MAX;
	for (size_t i = 0; i <= a_len; i++) {
		int *here = rows[i % 3];
		const int *above = rows[(i + 2) % 3];
		const int *twice = rows[(i + 1) % 3];

		here[0] = (int)i;
		for (size_t j = 1; j <= b_len; j++) {
			if (i == 0) {
				here[j] = (int)j;
				continue;
			}
			here[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]),
			    least(above[j], here[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				here[j] = least(here[j], twice[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}
