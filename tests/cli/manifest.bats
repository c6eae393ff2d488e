#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Manifests: what hash and copy write in passing, and what becomes of damaged ones.

load helpers
load images

setup_file() {
	images_make ext4
}

teardown_file() {
	images_drop
}

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
	rm -f "$BATS_TEST_TMPDIR"/trace.*
	strace -ff -y -e trace=read,pread64,readv,preadv,preadv2,copy_file_range,sendfile,mmap,splice \
		-o "$BATS_TEST_TMPDIR/trace" "$@" >/dev/null
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

@test "checking and comparing read each byte once" {
	require_command strace
	mkdir t
	data 3000000 >t/big
	data 50000 >t/middle
	data 5000 >t/small
	local all=3055000
	decant hash --hash=xxh128,xxh64 --manifest=m t >sums
	decant copy -a --reflink=never t u
	traced "$DECANT" verify t u
	assert_equal "$(reads_of '/t/')" "$all"
	assert_equal "$(reads_of '/u/')" "$all"
	traced "$DECANT" verify -a t u
	assert_equal "$(reads_of '/t/')" "$all"
	traced "$DECANT" sync -a --checksum --hash=xxh128,xxh64 --manifest=m2 t/ u
	cmp m m2
	assert_equal "$(reads_of '/t/')" "$all"
	assert_equal "$(reads_of '/u/')" "$all"
	# and what is written is read back once
	traced "$DECANT" copy -a --reflink=never --verify --hash=xxh128,xxh64 --manifest=m3 t v
	cmp m m3
	assert_equal "$(reads_of '/t/')" "$all"
	assert_equal "$(reads_of '/v/')" "$all"
	# one reading serves all names of a file
	ln t/big t/link
	ln t/small t/link2
	decant hash --hash=xxh128,xxh64 --manifest=m t >sums
	traced "$DECANT" hash -j1 -c sums
	assert_equal "$(reads_of '/t/')" "$all"
	traced "$DECANT" verify -j1 m t
	assert_equal "$(reads_of '/t/')" "$all"
	cd t
	traced "$DECANT" hash -j1 -c ../m
	cd ..
	assert_equal "$(reads_of '/t/')" "$all"
	# all of which have what it has
	printf X | dd of=t/small conv=notrunc status=none
	run decant verify m t
	assert_failure 1
	assert_line --regexp '^~.* small '
	assert_line --regexp '^~.* link2 '
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

# opened_of DIR: the files below DIR that the traced command has opened, sorted
opened_of() {
	cat trace.* | sed -n "s@.* = [0-9]*<.*/$1/\\(.*\\)>\$@\\1@p" | while read -r name; do
		[ -d "$1/$name" ] || printf '%s\n' "$name"
	done | sort | paste -sd ' '
}

# hash_known ARG...: hash t as known from k, into k2; leaves sums and a trace of what is opened
hash_known() {
	rm -f trace.*
	strace -ff -y -e trace=openat,openat2,open -o trace \
		"$DECANT" hash --known=k --manifest=k2 "$@" t >sums
}

@test "what is known and has not changed is not opened, what has is read" {
	require_command strace
	mkdir -p t/sub
	for name in touched changed replaced same sub/same sub/mode; do
		printf '%s\n' "$name" >"t/$name"
	done
	ln t/same t/link
	ln -s same t/soft
	sleep 3.1
	: >t/racy
	# nothing is known at first; of two names both are opened, and one is read
	hash_known
	assert_equal "$(opened_of t | wc -w)" 8
	assert_equal "$(grep -c ' [0-9]*:[0-9]*\.[0-9]* ' k2)" 7
	run grep -E 'racy$' k2
	assert_output --regexp ' - - racy$'
	cp k2 k
	decant hash t >expected
	decant hash --manifest=plain t >/dev/null
	# all but what was racy
	hash_known
	cmp sums expected
	assert_equal "$(opened_of t)" racy
	hash_known -j1 --tree
	assert_equal "$(cat sums)" "$(decant hash --tree t)"
	assert_equal "$(opened_of t)" racy
	# as before, however that came about
	touch t/touched
	chmod 600 t/sub/mode
	printf 'chanGed\n' >t/changed
	touch -r t/same t/changed
	cp -p t/replaced t/new
	printf 'replaceD\n' >t/new
	touch -r t/replaced t/new
	mv t/new t/replaced
	decant hash t >expected
	hash_known
	cmp sums expected
	assert_equal "$(opened_of t)" "changed racy replaced sub/mode touched"
	# another algorithm is not known, one of several is
	hash_known --hash=xxh64
	assert_equal "$(opened_of t | wc -w)" 8
	decant hash --hash=xxh64,xxh128 --known=k --manifest=k3 t >/dev/null
	mv k3 k
	hash_known --hash=xxh128
	cmp sums expected
	assert_equal "$(opened_of t)" "changed racy replaced sub/mode touched"
	# no other manifest is any help, none is used up
	cp plain k
	hash_known
	cmp sums expected
	assert_equal "$(opened_of t | wc -w)" 8
}

@test "what is known is checked before anything is read" {
	require_command strace
	make_tree basic t
	rm t/sub/mega
	decant hash --known=m --manifest=m t >/dev/null
	size=$(stat -c %s m)
	for at in $(seq 0 29 "$((size - 1))") "$((size - 1))"; do
		head -c "$at" m >k
		rm -f k2
		run hash_known
		assert_failure 6
		assert_output --partial "the manifest is damaged"
		[ ! -e k2 ]
		assert_equal "$(opened_of t)" ""
		[ ! -s sums ]
	done
	mkdir dir
	run decant hash --known=dir t
	assert_failure 3
	run decant hash --known=m -c m
	assert_failure 2
}

@test "list shows what is in a manifest" {
	mkdir -p tree/dir
	printf four >tree/dir/file
	ln -s dir/file tree/link
	mkfifo tree/fifo
	chmod 640 tree/dir/file
	find tree -exec touch -hd '2020-01-02 03:04:05' {} +
	decant copy -a --hash=md5,sha256 --manifest=m tree copied
	run -0 decant list -n m
	local id
	id="$(id -u)/$(id -g)"
	assert_equal "$(tr -s ' ' <<<"$output" | grep -v ' \.$' | cut -d ' ' -f 1,2,3,6-)" \
		"$(printf '%s\n' "drwxr-xr-x $id 0 dir" "-rw-r----- $id 4 dir/file" "prw-r--r-- $id 0 fifo" \
			"lrwxrwxrwx $id - link -> dir/file")"
	run -0 decant list --json m
	assert_line --partial "\"path\":\"dir/file\",\"mode\":\"0640\""
	assert_line --partial "\"hash\":\"md5:$(printf four | md5sum | cut -d ' ' -f 1),sha256:"
	assert_line --partial '"kind":"symlink","path":"link"'
	run -0 decant list m dir
	assert_equal "${#lines[@]}" 2
	run -0 decant list --exclude=dir m
	refute_output --partial dir/file/
	run -1 decant list m missing
	assert_output --partial 'nothing in the manifest has this name'
	sed -i 's/0640/0644/' m
	run -6 decant list m
	refute_output --partial 'rw-r'
}

@test "sync has every entry in its manifest, changed or not" {
	make_tree basic t
	mkfifo t/fifo
	ln t/one t/link
	decant hash --manifest=want t >/dev/null
	decant sync -a --manifest=m t/ u
	cmp want m
	# nothing is copied
	decant sync -a --manifest=m t/ u
	cmp want m
	# content is changed, and of another file the mode alone
	echo more >>t/sub/mega
	chmod 600 t/one
	decant hash --manifest=want t >/dev/null
	decant sync -a --manifest=m t/ u
	cmp want m
	decant verify -a t u
	# what is linked to an earlier tree, and compared by content
	decant sync -a --link-dest=../u --manifest=m t/ v
	cmp want m
	decant sync -a --checksum --manifest=m t/ v
	cmp want m
	# names of one file that are files of their own there, one read for all
	decant sync -a --no-preserve=links --manifest=m t/ w
	cmp want m
	decant sync -a --no-preserve=links --manifest=m t/ w
	cmp want m
	# what is left out is not in it, nor what is only there
	touch u/extra
	run decant sync -a --exclude='*' --manifest=m t/ u
	assert_equal "$(grep -c '^[fdl] ' m)" 1
	run decant sync -n --manifest=m t u
	assert_failure 2
}

@test "sync reads for its manifest what is not known, and that once" {
	require_command strace
	mkdir t
	data 300000 >t/big
	data 5000 >t/small
	sleep 3.1
	decant sync -a t/ u
	traced "$DECANT" sync -a --known=k --manifest=k t/ u
	assert_equal "$(reads_of '/t/')" 305000
	traced "$DECANT" sync -a --known=k --manifest=k2 t/ u
	assert_equal "$(reads_of '/t/')" 0
	cmp k k2
	# by content each is read once, for both
	traced "$DECANT" sync -a --checksum --manifest=k3 t/ u
	assert_equal "$(reads_of '/t/')" 305000
	assert_equal "$(reads_of '/u/')" 305000
	sed 's/ [^ ]* - \([^ ]*\)$/ - \1/; s/ inodes$//; /^end/d' k >short
	diff short <(grep -v '^end' k3)
}

@test "copy leaves what is known to the kernel" {
	require_command strace
	on_fs ext4
	mkdir t
	data 3000000 >t/big
	sleep 3.1
	decant hash --known=k --manifest=k t >/dev/null
	rm -f trace.*
	strace -ff -y -e trace=pread64,copy_file_range -o trace \
		"$DECANT" copy -a --known=k --manifest=m --verify=cold --json t u >events
	cmp k m
	cmp t/big u/big
	cat trace.* | grep -q 'copy_file_range.*/t/big>'
	run grep 'pread64([0-9]*<[^>]*/t/big>' trace.*
	assert_failure
	# the digest is told, and what came back has it
	assert_equal "$(jq -r 'select(.kind == "file") | .verified' events)" cold
	assert_equal "$(jq -r 'select(.kind == "file") | .hash' events)" \
		"xxh128:$(grep ' big$' k | cut -d ' ' -f 2)"
	# what has changed is read
	sleep 0.01
	printf X | dd of=t/big conv=notrunc status=none
	decant copy -a --known=k --manifest=m t v
	decant verify m v
	run cmp k m
	assert_failure
}
