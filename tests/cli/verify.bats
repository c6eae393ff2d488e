#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# verify A B: each kind of difference is found and named, and equal trees are equal.

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

# twins: a basic tree a and its copy b
twins() {
	make_tree basic a
	cp -a a b
}

# says LINE...: verify with $OPTIONS prints these lines, blanks squeezed, in any order, and exits with 1
says() {
	# shellcheck disable=SC2086
	run --separate-stderr decant verify ${OPTIONS:-} a b
	assert_failure 1
	assert_equal "$stderr" ""
	diff <(printf '%s\n' "$@" | sort) <(tr -s ' ' <<<"$output" | sort)
}

@test "equal trees are silence and exit 0" {
	twins
	run decant verify a b
	assert_success
	assert_output ""
	run decant verify -a a b
	assert_success
	assert_output ""
	run decant verify --quick a b/
	assert_success
	assert_output ""
}

@test "every kind of tree is equal to its copy with -a" {
	local kind
	for kind in perms links names sparse; do
		declare -F "make_tree_$kind" >/dev/null || continue
		make_tree "$kind" "a-$kind"
		decant copy -a "a-$kind" "b-$kind"
		run decant verify -a "a-$kind" "b-$kind"
		assert_success
	done
}

@test "content that differs is named with its first byte" {
	twins
	printf X | dd of=b/sub/mega bs=1 seek=777777 conv=notrunc status=none
	says "~ content 1.0 MiB sub/mega bytes differ from 777777 on"
}

@test "another size is not read" {
	twins
	echo more >>b/one
	says "~ content 4 B one size 4 -> 9"
}

@test "what is missing and what is extra, each directory once" {
	twins
	rm -r b/sub a/empty b/pointer a/one
	says "- missing sub" "+ extra empty" "- missing pointer" "+ extra 4 B one"
	OPTIONS=--ignore-extra says "- missing sub" "- missing pointer"
}

@test "another type" {
	twins
	rm b/one a/nothing
	ln -s x b/one
	mkdir a/nothing
	says "~ content 4 B one type file -> symlink" "~ content nothing type directory -> file"
}

@test "another target" {
	twins
	ln -sf elsewhere b/pointer
	says "~ content pointer target sub/two -> elsewhere"
}

@test "another device" {
	require_root
	mkdir a b
	mknod a/n c 1 3
	mknod b/n c 1 5
	says "~ content n device"
}

@test "attributes count when they are asked for" {
	twins
	chmod 600 b/one
	chmod 700 b/sub
	touch -d '2003-01-01 00:00:00 UTC' b/sub/two
	run decant verify a b
	assert_success
	OPTIONS=--preserve=mode says ". attributes one mode 0644 -> 0600" \
		". attributes sub mode 0755 -> 0700"
	run decant verify --preserve=timestamps a b
	assert_failure 1
	assert_output --partial "-> 2003-01-01T00:00:00.000000000Z"
	assert_equal "${#lines[@]}" 1
}

@test "owners" {
	require_root
	twins
	chown 7:9 b/one
	chown -h 7 b/pointer
	OPTIONS=--preserve=ownership says ". attributes one owner 0 -> 7, group 0 -> 9" \
		". attributes pointer owner 0 -> 7"
}

@test "extended attributes: missing, extra, another value" {
	on_fs tmpfs
	require_xattr .
	twins
	setfattr -n user.k -v 1 a/one
	setfattr -n user.k -v 1 b/nothing
	setfattr -n user.k -v 1 a/sub
	setfattr -n user.k -v 2 b/sub
	setfattr -n user.k -v 1 a/sub/two
	setfattr -n user.k -v 1 b/sub/two
	OPTIONS=--preserve=xattr says ". attributes one xattr user.k missing" \
		". attributes nothing xattr user.k extra" ". attributes sub xattr user.k differs"
}

@test "ACLs go with the mode" {
	on_fs ext4
	require_acl .
	twins
	setfacl -m u:1:r b/one
	chmod --reference=b/one a/one
	OPTIONS=--preserve=mode says ". attributes one xattr system.posix_acl_access extra"
}

@test "hard links are links on both sides" {
	mkdir a b
	echo x >a/1
	ln a/1 a/2
	echo x >b/1
	echo x >b/2
	run decant verify a b
	assert_success
	run decant verify --preserve=links a b
	assert_failure 1
	assert_output --partial "hard links"
	ln -f b/1 b/2
	run decant verify --preserve=links a b
	assert_success
}

@test "what is left out is neither missing nor extra" {
	twins
	rm b/one
	: >b/x.o
	: >a/y.o
	run decant verify --exclude=/one --exclude='*.o' a b
	assert_success
	assert_output ""
}

@test "files, and links to trees, are operands" {
	twins
	decant verify a/one b/one
	run decant verify a/one b/sub/two
	assert_failure 1
	ln -s a la
	ln -s b lb
	decant verify la lb
}

@test "an operand that is missing is exit 3" {
	mkdir a
	run decant verify a b
	assert_failure 3
	assert_output --partial "cannot stat 'b': No such file or directory"
	run decant verify b a
	assert_failure 3
	run decant verify
	assert_failure 2
	run decant verify a a a
	assert_failure 2
}

@test "a directory that cannot be read is an error, and has no extras" {
	[ "$(id -u)" -eq 0 ] && require_command setpriv
	twins
	: >b/sub/extra
	chmod 300 b/sub
	chmod 755 .
	run setpriv --reuid=65534 --clear-groups "$DECANT" verify a b
	assert_failure 1
	assert_output --partial "! error"
	refute_output --partial extra
}

@test "--json" {
	twins
	rm b/one
	: >b/more
	printf X | dd of=b/sub/mega bs=1 conv=notrunc status=none
	run decant verify --json a b
	assert_failure 1
	echo "$output" | jq -se 'any(.action == "missing" and .path == "one" and .bytes == 4)'
	echo "$output" | jq -se 'any(.action == "extra" and .path == "more")'
	echo "$output" | jq -se 'any(.action == "changed" and .path == "sub/mega"
		and .reasons == ["bytes differ from 0 on"])'
	echo "$output" | jq -se 'any(.type == "summary" and .result == "differs" and .exit == 1
		and .items.missing == 1 and .items.extra == 1 and .items.changed == 1)'
}

@test "-v names what is equal, -q nothing, -0 ends with NUL" {
	twins
	run decant verify -v a b
	assert_success
	assert_line --regexp '= unchanged +4 B +one'
	rm b/one
	run decant verify -q a b
	assert_failure 1
	assert_output ""
	decant verify -0 a b | tail -c 5 | cmp - <(printf ' one\0')
}

# shared FS: a clone is not read, and a change to it found
shared() {
	on_fs "$1"
	require_reflink .
	mkdir a
	data $((3 << 20)) >a/big
	cp -a --reflink=always a b
	sync -f .
	run --separate-stderr decant verify --stats --explain a b
	assert_success
	assert_output --partial "shared, not read"
	echo "$stderr" | grep -F "3.0 MiB shared, not read"
	# dirty, not yet on the disk: the maps alone would say that it is shared still
	printf X | dd of=b/big bs=1 seek=$((1 << 20)) conv=notrunc status=none
	run decant verify a b
	assert_failure 1
	assert_output --regexp '(bytes differ from 1048576 on)'
	data $((3 << 20)) | dd of=b/big bs=4096 skip=256 seek=256 count=1 conv=notrunc status=none
	run --separate-stderr decant verify --explain a b
	assert_success
	assert_output --partial "partly shared, the rest read"
}

@test "clones on xfs are not read" {
	shared xfs
}

@test "clones on btrfs are not read" {
	shared btrfs
}

@test "holes on both sides are not read" {
	on_fs ext4
	require_command strace
	mkdir a
	truncate -s 1G a/holes
	data 4096 | dd of=a/holes bs=4096 seek=1000 conv=notrunc status=none
	cp -a a b
	strace -f -y -qq -e trace=pread64 -o calls "$DECANT" verify a b
	[ "$(grep -c holes calls)" -lt 20 ]
	printf X | dd of=b/holes bs=1 seek=900000000 conv=notrunc status=none
	run decant verify a b
	assert_failure 1
	assert_output --partial "bytes differ from 900000000 on"
}

@test "the same file is not read" {
	require_command strace
	twins
	ln -f a/sub/mega b/sub/mega
	rm -r a/one b/one a/sub/two b/sub/two a/sub/deeper b/sub/deeper
	strace -f -y -qq -e trace=pread64 -o calls "$DECANT" verify a b
	refute grep -q mega calls
}

@test "a big file is compared by all workers, and the first difference found" {
	on_fs tmpfs
	data $((4 << 20)) >part
	local i
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do cat part; done >a
	cp a b
	decant verify -j 4 a b
	# the last byte of a piece, and one of the next that is found sooner
	printf X | dd of=b bs=1 seek=33554433 conv=notrunc status=none
	printf X | dd of=b bs=1 seek=33554431 conv=notrunc status=none
	for i in 1 2 3 4 5; do
		run decant verify -j 4 a b
		assert_failure 1
		assert_output --regexp '(bytes differ from 33554431 on)'
	done
}

@test "a wide tree, on one and on many workers" {
	on_fs tmpfs
	local i
	for i in $(seq 1200); do mkdir -p "a/d$i" && echo "$i" >"a/d$i/f"; done
	cp -a a b
	rm b/d7/f
	echo >b/d1100/g
	for i in 1 4; do
		run decant verify -j "$i" a b
		assert_failure 1
		assert_equal "${#lines[@]}" 2
	done
}

# bytes_read FILE COMMAND...: what COMMAND reads of files called FILE
bytes_read() {
	strace -f -y -qq -e trace=pread64 -o calls "${@:2}" >told || return
	sed -nE "s|.*/$1>.* = ([0-9]+)\$|\1|p" calls | awk '{ n += $1 } END { print n + 0 }'
}

@test "one reading serves all names of a file" {
	require_command strace
	on_fs tmpfs
	mkdir a
	data 100000 >a/name1
	ln a/name1 a/name2
	ln a/name1 a/name3
	cp -a a b
	assert_equal "$(bytes_read 'name.' "$DECANT" verify -j 1 --preserve=mode a b)" 200000
	assert_equal "$(bytes_read 'name.' "$DECANT" sync -j 1 -a --checksum a/ b)" 200000
	# what differs is told of each name
	printf X | dd of=b/name1 bs=1 seek=99999 conv=notrunc status=none
	run decant verify -j 1 a b
	assert_failure 1
	assert_equal "$(grep -c 'bytes differ from 99999 on' <<<"$output")" 3
	# a name of another file is another pair
	rm b/name2
	cp -a a/name2 b/name2
	run decant verify -j 1 a b
	assert_equal "$(grep -c 'bytes differ from 99999 on' <<<"$output")" 2
}

@test "a small file takes no more calls than it has to" {
	[ "${DECANT_SANITIZERS:-no}" = no ] || skip "sanitizers make calls of their own"
	require_command strace
	on_fs tmpfs
	mkdir a
	for i in $(seq 50); do echo "$i" >"a/$i"; done
	cp -a a b
	local calls=openat,openat2,fstat,newfstatat,statx,pread64,read,close
	strace -f -qq -e trace=$calls -o calls "$DECANT" verify -j 1 a b
	# two of openat, pread, close each
	[ "$(grep -c . calls)" -le $((50 * 6 + 80)) ]
	strace -f -qq -e trace=$calls -o calls "$DECANT" verify -j 1 --preserve=mode a b
	# and of fstat
	[ "$(grep -c '[ds]tat' calls)" -ge $((50 * 2)) ]
	# a kernel without openat2 is asked once; one that a sandbox forbids it to is no obstacle either
	echo other >b/7
	run strace -f -qq -e trace=openat2 -e inject=openat2:error=ENOSYS -o calls "$DECANT" verify -j 1 a b
	assert_failure 1
	assert_equal "${#lines[@]}" 1
	assert_equal "$(grep -c openat2 calls)" 1
	run strace -f -qq -e trace=openat2 -e inject=openat2:error=EPERM -o calls "$DECANT" verify -j 1 a b
	assert_failure 1
	assert_equal "${#lines[@]}" 1
}

@test "files of all sizes about a block, alike or not" {
	local size blocks="0 1 63 64 65 4095 4096 4097 32767 32768 32769 65536 70001"
	for fs in tmpfs ext4 xfs btrfs; do
		on_fs "$fs"
		mkdir a
		for size in $blocks; do data "$size" >"a/$size"; done
		cp -a a b
		cp -a a c
		cp -a a d
		run decant verify a b
		assert_success
		assert_output ""
		# another last byte
		for size in $blocks; do
			[ "$size" -eq 0 ] || printf '\0' | dd of="c/$size" bs=1 seek=$((size - 1)) conv=notrunc status=none
		done
		run decant verify a c
		assert_failure 1
		for size in $blocks; do
			cmp -s "a/$size" "c/$size" || assert_line --regexp " $size +bytes differ from $((size - 1)) on$"
		done
		# one byte more
		for size in $blocks; do echo >>"d/$size"; done
		run decant verify a d
		assert_failure 1
		for size in $blocks; do assert_line --regexp " $size +size $size -> $((size + 1))$"; done
		rm -r a b c d
	done
}

@test "a file that something is mounted on is read to its end, in whatever pieces that comes" {
	require_mount
	[ -r /proc/kallsyms ] || skip "needs /proc/kallsyms"
	mkdir a b
	touch a/list
	echo text | tee a/other >b/other
	mount --bind /proc/kallsyms a/list
	# one read of that list, shorter than asked for, is not all of it
	dd if=a/list of=b/list bs=32K count=1 status=none
	run decant verify -j 1 a b
	umount a/list
	[ "$(stat -c %s b/list)" -lt 32768 ] || skip "this kernel gives its lists in one piece"
	assert_failure 1
	assert_output --partial "list"
}

@test "a read that was cut short between two pages is not the end of a file" {
	[ "${DECANT_SANITIZERS:-no}" = no ] || skip "sanitizers fill memory that nothing was read into"
	require_command strace
	on_fs tmpfs
	mkdir a b
	head -c 8192 /dev/zero | tee a/file >b/file
	printf X | dd of=b/file bs=1 seek=8191 conv=notrunc status=none
	# zeros are what memory has before it is read into
	run strace -f -qq -o /dev/null -P "$PWD/a/file" -P "$PWD/b/file" \
		-e inject=pread64:retval=4096:when=1..2 "$DECANT" verify -j 1 a b
	assert_failure 1
	assert_output --partial "bytes differ from 8191 on"
}

@test "what cannot be read is neither alike nor different" {
	require_command strace
	on_fs tmpfs
	mkdir a
	data 100 >a/file
	cp -a a b
	run strace -f -qq -o /dev/null -P "$PWD/b/file" -e inject=pread64:error=EIO "$DECANT" verify a b
	assert_failure 1
	assert_output --partial "error reading 'b/file': Input/output error"
}
