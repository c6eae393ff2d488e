#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Manifests: what hash and copy write in passing, and what becomes of damaged ones.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# make_zoo DIR: every type, hard links, names that are hard to write
make_zoo() {
	make_tree basic "$1"
	make_tree links "$1/links"
	make_tree odd-names "$1/odd"
	mkfifo "$1/fifo"
	: >"$1/a.b"
	mkdir "$1/a"
	: >"$1/a/b"
	ln -s $'tar\nget \xff' "$1/sub/soft"
	touch -h -d '1960-02-03 04:05:06.123456789' "$1/sub/soft"
}

@test "a manifest has what the manual says, line by line" {
	decant hash -a sha256 /dev/null >/dev/null || skip "no sha256"
	make_zoo t
	decant hash -a sha256 --manifest=m t >/dev/null
	tree_py manifest t sha256 >expected
	run diff expected <(head -n -1 m)
	assert_success
	run tail -n 1 m
	assert_output --regexp "^end $(($(wc -l <expected) - 1)) xxh128:[0-9a-f]{32}\$"
	if command -v xxhsum >/dev/null; then
		assert_output "end $(($(wc -l <expected) - 1)) xxh128:$(xxhsum -H2 <expected | cut -c -32)"
	fi
}

@test "copy writes the same manifest in passing as hash does of the source" {
	make_zoo t
	decant hash --hash=xxh128,xxh64 --manifest=m t >sums
	decant copy -a --hash=xxh128,xxh64 --manifest=m1 t u
	decant copy -r -j1 --hash=xxh128,xxh64 --manifest=m2 t/. v
	cmp m m1
	cmp m m2
	decant hash --hash=xxh128,xxh64 -j1 --manifest=m3 u >/dev/null
	cmp m m3
	(cd u && decant hash -c ../m --status)
}

@test "operands that are several, files or listed have their names in the destination" {
	make_tree basic t
	mkdir u v
	decant copy -a --manifest=m t/sub t/one u
	assert_equal "$(awk '!/^(decant|end)/ { print $NF }' m)" "$(printf '%s\n' one sub sub/deeper \
		sub/deeper/five sub/mega sub/two)"
	(cd u && decant hash -c ../m --status)
	printf 'sub/two\nsub/deeper/five\none\nsub/mega\n' |
		decant copy -a --files-from=- --manifest=m2 t v
	cmp m m2
	decant hash --manifest=m3 t/sub t/one >/dev/null
	cmp m m3
}

@test "a manifest appears whole or not at all" {
	make_tree basic t
	echo old >m
	mkdir dir
	run decant hash --manifest=dir t
	assert_failure 3
	run decant hash --manifest=dir/no/m t
	assert_failure 3
	run decant copy -r --manifest=dir t u
	assert_failure 3
	[ ! -e u ]
	decant hash --manifest=m t >/dev/null
	run head -n 1 m
	assert_output "decant-manifest 1 xxh128"
	run decant hash --manifest=/dev/stderr t/one
	assert_line --partial "decant-manifest 1"
}

@test "a file that could not be read is not in the manifest" {
	[ "$(id -u)" -ne 0 ] || skip "root reads everything"
	make_tree basic t
	chmod 0 t/one
	run decant hash --manifest=m t
	assert_failure 1
	run grep -c one m
	assert_output 0
}

@test "a manifest cut at any byte or changed in any is damaged" {
	make_tree basic t
	rm t/sub/mega
	decant hash --manifest=m t >/dev/null
	cd t
	size=$(stat -c %s ../m)
	for at in $(seq 0 13 "$((size - 1))") "$((size - 1))"; do
		head -c "$at" ../m >../cut
		run decant hash -c ../cut --status
		[ "$status" -ne 0 ]
		[ "$at" -lt 16 ] || assert_equal "$status" 6
		{
			head -c "$at" ../m
			printf '\377'
			tail -c +$((at + 2)) ../m
		} >../flipped
		run decant hash -c ../flipped --status
		[ "$status" -ne 0 ]
		[ "$at" -lt 16 ] || assert_equal "$status" 6
	done
	decant hash -c ../m --status
	decant hash -c - --status <../m
	decant hash -c /dev/stdin --status < <(cat ../m)
}

# reads_of PATTERN: bytes that the traced command has read of files that match PATTERN
reads_of() {
	cat trace.* | grep -E "$1" | awk '{ sum += $NF } END { print sum + 0 }'
}

# traced COMMAND...: run it, with a trace of what it reads, each thread's in a file of its own
traced() {
	rm -f trace.*
	strace -ff -y -e trace=read,pread64,readv,preadv,preadv2,copy_file_range,sendfile,mmap,splice \
		-o trace "$@" >/dev/null
}

@test "two digests, a manifest and a copy read each byte once" {
	require_command strace
	mkdir t
	data 3000000 >t/big
	data 5000 >t/small
	ln t/big t/link
	: >t/nothing
	traced "$DECANT" hash --hash=xxh128,xxh64 --manifest=m t
	assert_equal "$(reads_of '/t/(big|link)>')" 3000000
	assert_equal "$(reads_of '/t/small>')" 5000
	traced "$DECANT" copy -a --reflink=never --hash=xxh128,xxh64 --manifest=m2 t u
	cmp m m2
	assert_equal "$(reads_of '/t/(big|link)>')" 3000000
	assert_equal "$(reads_of '/t/small>')" 5000
	assert_equal "$(reads_of '/u/')" 0
}

@test "a small file costs hash four calls" {
	require_command strace
	calls() {
		strace -f -c -o counts "$DECANT" hash -j1 "$1" >/dev/null
		awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { sum += $4 } END { print sum }' counts
	}
	tree_py small few 100
	tree_py small many 1100
	files=$(($(find many -type f | wc -l) - $(find few -type f | wc -l)))
	dirs=$(($(find many -type d | wc -l) - $(find few -type d | wc -l)))
	calls=$(($(calls many) - $(calls few)))
	# a directory costs openat, fstat, two getdents64, close and some of the scheduler's
	[ "$calls" -lt $((4 * files + 20 * dirs + files / 10 + 100)) ]
}
