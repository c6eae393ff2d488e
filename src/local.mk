# SPDX-License-Identifier: BSD-2-Clause
# The program is main.c on top of libdecant.a, which the unit tests link too.
# The list of sources is in files.mk.
noinst_LIBRARIES += libdecant.a
libdecant_a_SOURCES = $(LIBDECANT_FILES)
libdecant_a_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS)

bin_PROGRAMS += decant
decant_SOURCES = src/main.c
decant_LDADD = $(DECANT_LIBS)
DECANT_LIBS = libdecant.a $(XXHASH_LIBS) $(PTHREAD_LIBS)
