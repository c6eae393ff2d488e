# SPDX-License-Identifier: BSD-2-Clause
# The program is main.c on top of libdecant.a, which the unit tests link too.
# The list of sources is in files.mk.
noinst_LIBRARIES += libdecant.a
libdecant_a_SOURCES = $(LIBDECANT_FILES)
libdecant_a_CPPFLAGS = $(AM_CPPFLAGS) -DPKGLIBDIR='"$(pkglibdir)"'
libdecant_a_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS)

bin_PROGRAMS += decant
decant_SOURCES = src/main.c
decant_LDADD = $(DECANT_LIBS)
DECANT_LIBS = libdecant.a $(XXHASH_LIBS) $(PTHREAD_LIBS)

# Modules are loaded on demand, from $(pkglibdir), or from beside the program as the build leaves them.
# Linked as programs, which needs no libtool; installed as data, because the transformation of
# programs' names (--program-prefix) would hide them, and loading needs no execute permission.
moduledir = $(pkglibdir)
if HAVE_CRYPTO
noinst_PROGRAMS += crypto.so
module_DATA += crypto.so
endif
crypto_so_SOURCES = $(CRYPTO_FILES)
crypto_so_CFLAGS = $(AM_CFLAGS) -fPIC -fvisibility=hidden $(CRYPTO_CFLAGS)
crypto_so_LDFLAGS = $(HARDEN_LDFLAGS) -shared
crypto_so_LDADD = $(CRYPTO_LIBS)

if HAVE_ARCHIVE
noinst_PROGRAMS += archive.so
module_DATA += archive.so
endif
archive_so_SOURCES = $(ARCHIVE_FILES)
archive_so_CFLAGS = $(AM_CFLAGS) -fPIC -fvisibility=hidden $(ARCHIVE_CFLAGS)
archive_so_LDFLAGS = $(HARDEN_LDFLAGS) -shared
archive_so_LDADD = $(ARCHIVE_LIBS)
