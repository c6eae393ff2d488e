# SPDX-License-Identifier: BSD-2-Clause
# What only `make bench` builds: the links of pipelines against the design that always copies.
EXTRA_PROGRAMS += bench/linkbench
bench_linkbench_SOURCES = bench/linkbench.c
bench_linkbench_LDADD = $(DECANT_LIBS)
CLEANFILES += bench/linkbench$(EXEEXT)
