#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What a small file costs: system calls and requests for memory, counted.
# Each figure is the difference of a larger and a smaller copy, so that start-up does not count.

load helpers
load images

setup_file() {
	images_make ext4 xfs btrfs tmpfs
}

teardown_file() {
	images_drop
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# calls_of N [OPTION...]: the calls of copying N small files, one "NAME CALLS" a line
# The names of one call that differ between C libraries and kernels are made one.
calls_of() {
	local files=$1
	shift
	[ -d "src$files" ] || tree_py small "src$files" "$files"
	rm -rf dst
	strace -f -c -o counts "$DECANT" copy -a -j1 "$@" "src$files" dst
	awk '$1 ~ /^[0-9.]+$/ && $NF != "total" {
			name = $NF
			sub(/^(newfstatat|fstat|statx)$/, "stat", name)
			sub(/^(openat2|openat)$/, "open", name)
			calls[name] += $4
		}
		END { for (name in calls) print name, calls[name] }' counts
}

# a_file FEW MANY [OPTION...]: what one file costs in calls, as "NAME CALLS" in one line, sorted
# Calls that are rarer than one in 20 files are those of the listing and the clock.
a_file() {
	local few=$1 many=$2
	shift 2
	calls_of "$few" "$@" >few.calls
	calls_of "$many" "$@" >many.calls
	awk -v files=$((many - few)) 'NR == FNR { few[$1] = $2; next }
		{
			a = ($2 - few[$1]) / files
			sum += a
			if (a >= 0.05)
				printf "%s %.1f\n", $1, a
		}
		END { printf "%.3f\n", sum >"sum" }' few.calls many.calls | sort | tr '\n' ' '
}

# costs CALLS...: on this file system a small file costs these calls, together at most 11
costs() {
	local files=1000
	# Traced, a file takes a millisecond or two.
	[ -z "${CHECK_SLOW:-}" ] || files=10000
	local found
	found=$(a_file $((files / 10)) $((files + files / 10)))
	echo "# $(cat sum) calls a file: $found" >&3
	assert_equal "$found" "$1 "
	awk '{ exit !($1 <= 11) }' sum || fail "$(cat sum) calls a file"
}

# The same list with its reasons stands in src/run/content.c.
BUFFER='close 2.0 flistxattr 1.0 open 2.0 pread64 1.0 pwrite64 1.0 stat 2.0 utimensat 1.0'
CLONE='close 2.0 flistxattr 1.0 ioctl 1.0 open 2.0 stat 2.0 utimensat 1.0'

@test "a small file costs 10 system calls with -a on tmpfs" {
	require_calls
	on_fs tmpfs
	costs "$BUFFER"
}

@test "a small file costs 10 system calls with -a on ext4" {
	require_calls
	on_fs ext4
	costs "$BUFFER"
}

@test "a small file that is cloned costs 9 system calls with -a on xfs" {
	require_calls
	on_fs xfs
	costs "$CLONE"
}

@test "a small file that is cloned costs 9 system calls with -a on btrfs" {
	require_calls
	on_fs btrfs
	costs "$CLONE"
}

# grows_by LEAST MOST COMMAND...: COMMAND with src0 asks for memory so many times more than with src1
grows_by() {
	local least=$1 most=$2 base
	shift 2
	counted "$@" src0 dst0
	base=$ALLOCS
	counted "$@" src1 dst1
	rm -rf dst0 dst1
	local more=$((ALLOCS - base))
	echo "# $more more requests for memory: $base, then $ALLOCS" >&3
	[ "$base" -gt 0 ] || fail "nothing was counted"
	if [ "$more" -lt "$least" ] || [ "$more" -ge "$most" ]; then
		fail "$more more requests for memory, not $least to $most"
	fi
}

@test "10,000 more small files ask for no more memory" {
	require_count
	prefer_fs tmpfs
	tree_py small src0 1000
	tree_py small src1 11000
	grows_by 0 100 "$DECANT" copy -a -j1
	grows_by 0 100 "$DECANT" copy -r --preserve=all -j2
	grows_by 0 100 "$DECANT" copy -a --atomic
}

@test "10,000 more small files with extended attributes ask for no more memory" {
	require_count
	prefer_fs ext4
	require_xattr .
	tree_py small src0 1000
	tree_py small src1 11000
	find src0 src1 -type f -exec setfattr -n user.note -v remembered {} +
	grows_by 0 100 "$DECANT" copy -r --preserve=all -j2
	counted "$DECANT" copy -a src0 dst
	assert_equal "$(getfattr -n user.note --only-values dst/f0000999)" remembered
}

@test "10,000 more symbolic links ask for no more memory" {
	require_count
	prefer_fs tmpfs
	mkdir src0 src1
	"$PYTHON" -c 'import os
for directory, number in ("src0", 1000), ("src1", 11000):
    for i in range(number):
        os.symlink("nowhere", "%s/%d" % (directory, i))'
	grows_by 0 100 "$DECANT" copy -r --preserve=all -j2
}

@test "a directory asks for memory once" {
	require_count
	prefer_fs tmpfs
	tree_py fan src0 1 1000 0
	tree_py fan src1 1 11000 0
	grows_by 10000 10100 "$DECANT" copy -r --preserve=all -j2
}

@test "each name of a file with several asks for memory once, and the table of them grows seldom" {
	require_count
	prefer_fs tmpfs
	tree_py small src0 500
	tree_py small src1 5500
	cp -al src0 more0
	cp -al src1 more1
	mv more0 src0/more
	mv more1 src1/more
	# 5,000 files of two names each; a name that is met before the content is there waits for it,
	# in memory of its own.
	grows_by 10000 10100 "$DECANT" copy -r --preserve=all -j1
	grows_by 10000 15100 "$DECANT" copy -r --preserve=all -j2
}
