/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A preloaded library that counts what a program takes of memory.
 *
 * LD_PRELOAD=count_memory.so COUNT_MEMORY=FILE PROGRAM writes two numbers to FILE when PROGRAM ends:
 * how often it asked for memory, and the most KiB that were resident.  (What wait4(2) tells of the
 * latter includes the process before its exec(2), which may have been larger.)
 * Each function here stands before the C library's of the same name and passes the call on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_ulong count;

/* The C library's functions.  dlsym() itself may ask for memory: it gets some of EARLY. */
static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void *(*aligned_alloc)(size_t, size_t);
	void (*free)(void *);
} real;

static _Alignas(64) char early[4096]; /* arbitrary; zeroed, and given out once */
static size_t early_used;

static void *
early_alloc(size_t size)
{
	size_t want = (size + 15) & ~(size_t)15;

	if (want > sizeof early - early_used)
		abort();
	early_used += want;
	return early + early_used - want;
}

static bool
is_early(const void *p)
{
	return (uintptr_t)p >= (uintptr_t)early && (uintptr_t)p < (uintptr_t)(early + sizeof early);
}

/* Store the next function of that NAME; ISO C has no conversion for it. */
static void
find(const char *name, void *where)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (found == NULL)
		abort();
	memcpy(where, &found, sizeof found);
}

/* Runs before any thread: the loader or the start-up code asks for memory first. */
static bool
is_ready(void)
{
	static bool looking;

	if (real.free != NULL)
		return true;
	if (looking)
		return false;
	looking = true;
	find("malloc", &real.malloc);
	find("calloc", &real.calloc);
	find("realloc", &real.realloc);
	find("aligned_alloc", &real.aligned_alloc);
	find("free", &real.free);
	return true;
}

static void
tick(void)
{
	atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
}

void *
malloc(size_t size)
{
	tick();
	return is_ready() ? real.malloc(size) : early_alloc(size);
}

void *
calloc(size_t n, size_t size)
{
	tick();
	return is_ready() ? real.calloc(n, size) : early_alloc(n * size);
}

void *
realloc(void *p, size_t size)
{
	tick();
	if (!is_ready() || is_early(p))
		abort();
	return real.realloc(p, size);
}

void *
reallocarray(void *p, size_t n, size_t size)
{
	size_t all;

	if (!__builtin_mul_overflow(n, size, &all))
		return realloc(p, all);
	errno = ENOMEM;
	return NULL;
}

void *
aligned_alloc(size_t align, size_t size)
{
	tick();
	return is_ready() ? real.aligned_alloc(align, size) : NULL;
}

int
posix_memalign(void **p, size_t align, size_t size)
{
	*p = aligned_alloc(align, size);
	return *p != NULL ? 0 : ENOMEM;
}

void
free(void *p)
{
	if (p != NULL && is_ready() && !is_early(p))
		real.free(p);
}

/* The most KiB that were resident, -1 = not known (proc(5), VmHWM). */
static long
peak_kib(void)
{
	char line[256];
	long kib = -1;
	FILE *status = fopen("/proc/self/status", "r");

	if (status == NULL)
		return -1;
	while (kib < 0 && fgets(line, sizeof line, status) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	fclose(status);
	return kib;
}

__attribute__((destructor)) static void
write_counts(void)
{
	unsigned long n = atomic_load(&count); /* before stdio asks for more */
	const char *path = getenv("COUNT_MEMORY");
	FILE *file = path != NULL ? fopen(path, "w") : NULL;

	if (file == NULL)
		return;
	fprintf(file, "%lu %ld\n", n, peak_kib());
	fclose(file);
}
