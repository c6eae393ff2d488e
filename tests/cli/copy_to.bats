#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# copy --to: several destinations of one copy, whose content is read once.

load helpers
load images

setup_file() {
	images_make xfs tmpfs tmpfs-2
}

teardown_file() {
	images_drop
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# reads_of TRACE FILE: the bytes that were read of FILE
reads_of() {
	sed -nE "s|.*\\bp?read(64)?\\([0-9]+<[^>]*/$2>.* = ([0-9]+)\$|\\2|p" "$1" | awk '{ n += $1 } END { print n + 0 }'
}

@test "--to: trees of all kinds stand at each destination" {
	local kind
	for kind in basic links sparse odd_names deep; do
		rm -rf src a b c
		make_tree "$kind" src
		mkdir a b c
		decant copy -a --to=b --to=c src a
		same_tree src a/src
		same_tree src b/src
		same_tree src c/src
	done
	if [ "$(id -u)" -eq 0 ]; then
		rm -rf src a b
		make_tree perms src
		mkdir a b
		decant copy -a --to=b src a
		same_tree src a/src
		same_tree src b/src
	fi
}

@test "--to: content is read once, whatever the number of destinations" {
	mkdir a b c
	data 3000000 >file
	strace -f -y -o trace -e trace=read,pread64,copy_file_range,sendfile "$DECANT" copy --reflink=never --to=b --to=c file a
	assert_equal "$(reads_of trace file)" 3000000
	run grep -E '(copy_file_range|sendfile)\(' trace
	assert_failure
	cmp file a/file
	cmp file b/file
	cmp file c/file
}

@test "--to: clones read nothing, and the rest is read once" {
	require_digest sha256
	on_fs xfs
	mkdir a b
	data 1000000 >file
	strace -f -y -o trace -e trace=read,pread64 "$DECANT" copy --json --to=b file a >events
	assert_equal "$(reads_of trace file)" 0
	assert_equal "$(jq -r 'select(.type == "item") | .how' events)" "reflink
reflink"
	mkdir "$IMAGES/tmpfs/c" "$IMAGES/tmpfs/d"
	decant copy --json --hash=sha256 --to="$IMAGES/tmpfs/c" --to="$IMAGES/tmpfs/d" -u file file a >events || true
	rm a/file
	decant copy --json --hash=sha256 --to="$IMAGES/tmpfs/c" --to=b --to="$IMAGES/tmpfs/d" file a >events
	assert_equal "$(jq -r 'select(.type == "item") | .how' events | sort | uniq -c | tr -s ' ')" " 2 buffer
 2 reflink"
	assert_equal "$(jq -r 'select(.hash) | .hash' events | sort -u)" "sha256:$(sha256sum <file | cut -d' ' -f1)"
	cmp file "$IMAGES/tmpfs/d/file"
	cmp file "$IMAGES/tmpfs/c/file"
	rm -rf "$IMAGES/tmpfs/c" "$IMAGES/tmpfs/d"
}

@test "--to: names are those below the directory of DEST" {
	mkdir a b
	echo x >file
	decant copy --to=b file a/new
	cmp file b/new
	decant copy --to=b -t a file
	cmp file b/file
	mkdir -p src/sub/deeper
	echo y >src/sub/deeper/one
	decant copy -a --parents --to=b src/sub/deeper/one a
	cmp src/sub/deeper/one b/src/sub/deeper/one
	printf 'sub/deeper/one\n' | decant copy --files-from=- --to=b src a
	cmp src/sub/deeper/one b/sub/deeper/one
}

@test "--to: each destination has its own existing files" {
	mkdir a b c
	echo new >file
	echo old >a/file
	mkdir c/file
	touch -d 2001-01-01 file
	run --separate-stderr decant copy -u --to=b --to=c file a
	assert_equal "$status" 1
	[[ $stderr == *"'c/file'"* || $stderr == *"'file'"* ]]
	assert_equal "$(cat a/file)" old
	assert_equal "$(cat b/file)" new
	rmdir c/file
	decant copy --backup --itemize --to=b --to=c file a >items
	assert_equal "$(cat a/file~ b/file~ c/file)" "old
new
new"
	grep -q 'c/file$' items
}

@test "--to: hard links stay within each destination" {
	mkdir -p a b src/sub
	echo x >src/one
	for i in 1 2 3; do ln src/one src/sub/$i; done
	decant copy -a --to=b src a
	for dir in a b; do
		assert_equal "$(stat -c %h $dir/src/one)" 4
	done
	[ ! a/src/one -ef b/src/one ]
}

@test "--to: a destination that fills up is given up alone" {
	require_root
	mkdir a small src
	mount -t tmpfs -o size=1M decant-test small
	for i in 1 2 3 4 5 6; do data 400000 >src/$i; done
	run --separate-stderr decant copy -a --to=small src a
	umount small
	assert_equal "$status" 3
	same_tree src a/src
	assert_equal "$(grep -c 'small is full' <<<"$stderr")" 1
	[[ $stderr != *"a is full"* ]]
	# likewise when the full one comes first
	mount -t tmpfs -o size=1M decant-test small
	mkdir b
	run --separate-stderr decant copy -a --to=b src small
	umount small
	assert_equal "$status" 3
	same_tree src b/src
	assert_equal "$(grep -c 'small is full' <<<"$stderr")" 1
}

@test "--to: a destination that cannot be written is told with its path, the others stand" {
	require_root
	mkdir -p a/src b src
	echo x >src/file
	echo y >src/other
	mkdir b/src
	# a name in the way of a directory at one, of a file at the other
	mkdir -p src/dir a/src/other
	echo z >src/dir/inner
	echo in-the-way >b/src/dir
	run --separate-stderr decant copy -a --to=b src a
	assert_equal "$status" 1
	[[ $stderr == *"b/src/dir"* ]]
	[[ $stderr == *"a/src/other"* ]]
	cmp src/dir/inner a/src/dir/inner
	cmp src/other b/src/other
	cmp src/file a/src/file
	cmp src/file b/src/file
}

@test "--to: with commands they run once, and digests are those of each" {
	require_digest sha256
	mkdir a b c src
	data 100000 >src/file
	echo >count
	decant copy -a --json --hash=md5 --to=b --to=c --through="sh -c 'echo x >>$PWD/count; gzip -n'" src a >events
	assert_equal "$(grep -c x count)" 1
	for dir in a b c; do
		gzip -dc $dir/src/file | cmp - src/file
		assert_equal "$(stat -c %Y $dir/src/file)" "$(stat -c %Y src/file)"
	done
	assert_equal "$(jq -r 'select(.hash) | .hash' events | sort -u)" "md5:$(md5sum <c/src/file | cut -d' ' -f1)"
	run --separate-stderr decant copy --to=b --through=false src/file a/new
	assert_equal "$status" 1
	assert_not_exists a/new
	assert_not_exists b/new
}

@test "--to: what has no size is read once too" {
	require_digest sha256
	mkdir a b
	mkfifo fifo
	data 300000 >file
	cat file >fifo &
	decant copy --json --hash=sha256 --to=b fifo a >events
	wait
	cmp file a/fifo
	cmp file b/fifo
	assert_equal "$(jq -r 'select(.hash) | .hash' events | sort -u)" "sha256:$(sha256sum <file | cut -d' ' -f1)"
	decant copy --to=b /proc/self/cmdline a
	tr '\0' ' ' <b/cmdline | grep -q 'copy --to=b'
	cmp a/cmdline b/cmdline
}

@test "--to: a source that changes each time is named for each" {
	require_inject
	mkdir a b
	data 100000 >file
	strace -f -o trace -e trace=pread64 -e inject=pread64:delay_exit=300000 \
		"$DECANT" copy --reflink=never --to=b file a 2>err &
	local pid=$! i
	wait_until grep -q pread64 trace
	for i in {1..30}; do
		echo more >>file
		sleep 0.05
	done
	wait "$pid" && fail "it was quiet" || assert_equal $? 4
	assert_equal "$(grep -c 'changed while it was read' err)" 2
}

@test "--to: what is refused, and a dry run" {
	mkdir -p src/in a b
	echo x >src/file
	run --separate-stderr decant copy -a --to=src/in src a
	assert_equal "$status" 1
	[[ $stderr == *"or inside it"* ]]
	run --separate-stderr decant copy -a --to=./a src a
	assert_equal "$status" 1
	[[ $stderr == *"named twice"* ]]
	run --separate-stderr decant copy -a --to=missing src a
	assert_equal "$status" 1
	[[ $stderr == *"'missing'"* ]]
	assert_equal "$(ls a)" ''
	run decant copy -a --dry-run --to=b src a
	assert_line --partial b/src/file
	assert_equal "$(ls a b)" "a:

b:"
	run --separate-stderr decant copy --to={1..16} src a
	assert_equal "$status" 2
	[[ $stderr == *"at most 15"* ]]
	run decant copy --explain --to=b src/file a
	assert_line "pipeline: file | tee b | file     links: read, fused, write"
}

@test "--to: many workers, few descriptors" {
	mkdir a b c
	for i in {1..40}; do
		mkdir -p "src/$i/x/y/z"
		echo "$i" >"src/$i/x/y/z/file"
		data $((i * 1000)) >"src/$i/data"
	done
	(ulimit -n 64 && decant copy -a -j4 --to=b --to=c src a)
	same_tree src a/src
	same_tree src b/src
	same_tree src c/src
}
