/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions that no file may call; force-included before everything else.
 * The headers that declare them come first, so that only calls are caught.  A call expands to a
 * name that does not exist and says what to use.
 */
#ifndef DECANT_BANNED_H
#define DECANT_BANNED_H

#include <alloca.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Unbounded writes. */
#undef strcpy
#define strcpy(...) banned_strcpy_use_memcpy_with_a_checked_length
#undef strcat
#define strcat(...) banned_strcat_use_snprintf
#undef sprintf
#define sprintf(...) banned_sprintf_use_snprintf
#undef vsprintf
#define vsprintf(...) banned_vsprintf_use_vsnprintf
#undef gets
#define gets(...) banned_gets_use_getline
#undef alloca
#define alloca(...) banned_alloca_use_malloc

/* Hidden state shared by threads. */
#undef strtok
#define strtok(...) banned_strtok_use_strsep
#undef strerror
#define strerror(...) banned_strerror_use_err_reason
#undef localtime
#define localtime(...) banned_localtime_use_localtime_r
#undef gmtime
#define gmtime(...) banned_gmtime_use_gmtime_r

/* Errors that cannot be seen. */
#undef atoi
#define atoi(...) banned_atoi_use_size_parse_or_strtoll
#undef atol
#define atol(...) banned_atol_use_size_parse_or_strtoll

/* Signals come by signalfd; children by posix_spawn without a shell. */
#undef signal
#define signal(...) banned_signal_use_signalfd
#undef system
#define system(...) banned_system_use_posix_spawn
#undef popen
#define popen(...) banned_popen_use_posix_spawn

#endif
