# SPDX-License-Identifier: BSD-2-Clause
# One driver, two producers: cmocka programs and bats files both speak TAP.
# The lists of tests are in files.mk; a case tests/x/y.bats alone: make check TESTS=tests/x/y.bats
TEST_EXTENSIONS = .bats
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
BATS_LOG_DRIVER = $(TAP_DRIVER)
# A shell starts what is in the background with SIGINT ignored, and so would all that the tests start.
LOG_COMPILER = env --default-signal=INT,QUIT,HUP,TERM
AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	LC_ALL=C; export LC_ALL; \
	DECANT='$(abs_top_builddir)/decant$(EXEEXT)'; export DECANT; \
	DECANT_SRCDIR='$(abs_top_srcdir)'; export DECANT_SRCDIR; \
	DECANT_SANITIZERS='$(enable_sanitizers)'; export DECANT_SANITIZERS; \
	DECANT_ARC='$(abs_top_builddir)/tests/client/arc'; export DECANT_ARC; \
	PATH='$(abs_top_builddir)':"$$PATH"; export PATH;

# Every unit test is one file of its own name beside libdecant.a; --wrap flags are in files.mk.
LDADD = $(DECANT_LIBS) $(CMOCKA_LIBS)
AM_DEFAULT_SOURCE_EXT = .c

# What the tests of archives drive the module with.
if HAVE_ARCHIVE
check_PROGRAMS += tests/client/arc
endif

if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
else
TESTS += tests/no-cmocka
endif
EXTRA_DIST += tests/no-cmocka tests/no-bats $(TEST_FILES)

# Libraries that bats files preload into the program.  They have flags of its own: the sanitizers and
# what is meant for programs must stay out of it.
check_PROGRAMS += tests/cli/count_memory.so
tests_cli_count_memory_so_SOURCES = tests/cli/count_memory.c
tests_cli_count_memory_so_CFLAGS = $(STD_CFLAGS) $(WARN_CFLAGS) -fPIC -fno-builtin
tests_cli_count_memory_so_LDFLAGS = -shared
tests_cli_count_memory_so_LDADD =
check_PROGRAMS += tests/cli/flip_bit.so
tests_cli_flip_bit_so_SOURCES = tests/cli/flip_bit.c
tests_cli_flip_bit_so_CFLAGS = $(STD_CFLAGS) $(WARN_CFLAGS) -fPIC
tests_cli_flip_bit_so_LDFLAGS = -shared
tests_cli_flip_bit_so_LDADD =

# Bats files run the program that is in the build tree.
TESTS += $(BATS_TESTS)
dist_check_SCRIPTS += $(BATS_TESTS)
if HAVE_BATS
BATS_LOG_COMPILER = $(LOG_COMPILER) $(BATS)
AM_BATS_LOG_FLAGS = --formatter tap
else
BATS_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/no-bats
endif
