#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# copy --hash: digests of what stands at the destination, taken in passing.

load helpers
load images

setup_file() {
	images_make xfs btrfs tmpfs
}

teardown_file() {
	images_drop
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	require_digest sha256
}

# sha_of FILE
sha_of() {
	sha256sum <"$1" | cut -d' ' -f1
}

# sums_are_right EVENTS: each digest that the events tell is that of the file that stands there
sums_are_right() {
	local path hash n=0
	while read -r path hash; do
		assert_equal "$hash" "sha256:$(sha_of "$path")"
		n=$((n + 1))
	done < <(jq -r 'select(.hash) | .path + " " + .hash' "$1")
	[ "$n" -gt 0 ] || fail "no digest in: $(cat "$1")"
}

# rewrite FILE: until it is ended, write it anew in place, its bytes all alike
rewrite() {
	exec "$PYTHON" -c 'import os, sys, time
fd = os.open(sys.argv[1], os.O_WRONLY)
blocks = [bytes([c]) * (1 << 20) for c in range(65, 91)]
while True:
	for block in blocks:
		os.pwrite(fd, block, 0)
		time.sleep(0.0005)' "$1"
}

@test "--hash: each file's digest is that of its copy" {
	make_tree links src
	make_tree sparse src/sparse
	: >src/nothing
	decant copy -a --json --hash=sha256 src dst >events
	sums_are_right events
	same_tree src dst
	# one digest a content: further names of it are links
	assert_equal "$(jq -r 'select(.hash) | .path' events | wc -l)" 8
	assert_equal "$(jq -r 'select(.action == "linked" and .hash) | .path' events)" ''
}

@test "--hash: several digests, as other tools print them" {
	data 300000 >a
	decant copy --json --hash=xxh128,xxh64,sha512,blake2b,md5 a b >events && fail "five are too many"
	decant copy --json --hash=xxh128,sha512,blake2b,md5 a b >events
	assert_equal "$(jq -r 'select(.hash) | .hash' events | tr ',' '\n' | tail -n 3)" \
		"sha512:$(sha512sum <b | cut -d' ' -f1)
blake2b:$(b2sum <b | cut -d' ' -f1)
md5:$(md5sum <b | cut -d' ' -f1)"
	if command -v xxhsum >/dev/null; then
		run jq -r 'select(.hash) | .hash' events
		assert_output --partial "xxh128:$(xxhsum -q -H2 b | cut -d' ' -f1),"
	fi
}

@test "--hash: the digest of a clone, of holes found, of holes filled" {
	local fs way
	for fs in xfs btrfs tmpfs; do
		[ ! -e "$IMAGES/$fs.reason" ] || continue
		on_fs "$fs"
		make_tree sparse src
		for way in --sparse=auto --sparse=always --sparse=never --reflink=never; do
			rm -rf dst
			decant copy -a --json --hash=sha256 "$way" src dst >events
			sums_are_right events
			diff -r src dst
			[ "$way" != --sparse=auto ] || same_tree src dst
		done
	done
}

@test "--hash: what has no size has a digest too" {
	mkfifo fifo
	data 200000 >a
	cat a >fifo &
	decant copy --json --hash=sha256 fifo b >events
	wait
	cmp a b
	sums_are_right events
	decant copy --json --hash=sha256 /proc/self/status c >events
	sums_are_right events
}

@test "--hash: none where no content is copied" {
	echo a >a
	{
		decant copy --json --hash=md5 --attributes-only a b
		decant copy --json --hash=md5 --link a c
		decant copy --json --hash=md5 --dry-run a d
		decant copy --json --hash=md5 -n a c
	} >events
	assert_equal "$(jq -r 'select(.hash)' events)" ''
}

@test "--hash: shown by --itemize and --explain, which tells the pipeline once" {
	echo a >a
	run decant copy --itemize --hash=md5 a b
	assert_output "+ new              2 B  b                      md5:$(md5sum <a | cut -d' ' -f1)"
	run decant copy --explain --reflink=never --hash=md5,xxh64 a b
	assert_output "b                   2 B  copied  buffers (overwritten; hash md5, xxh64 in between)
pipeline: file | hash md5 | hash xxh64 | file     links: read, fused, fused, write"
	run decant copy --explain --reflink=never a b
	assert_line --index 1 "pipeline: file | file     links: kernel"
	prefer_fs xfs
	[ "$PWD" != "$BATS_TEST_TMPDIR" ] || skip "no file system that clones"
	echo a >a
	run decant copy --explain --hash=xxh128 a b
	assert_line --index 0 "b                   2 B  cloned  FICLONE (hash xxh128 of the clone)"
}

@test "--hash: the digest is that of what stands, whoever writes the source meanwhile" {
	local rounds=20 i writer
	[ -z "${CHECK_SLOW:-}" ] || rounds=1000
	data $((1 << 20)) >a
	rewrite a &
	writer=$!
	for ((i = 0; i < rounds; i++)); do
		rm -f b
		# what changed each time is named, and stands there with its digest
		decant copy --json --hash=sha256 a b >events 2>/dev/null || [ $? -eq 4 ]
		sums_are_right events
	done
	kill "$writer"
	wait "$writer" || true
	decant copy --json --hash=sha256 a b >events
	sums_are_right events
}

@test "--hash: a second try begins its digest anew" {
	require_inject
	data 100000 >a
	# the first look afterwards finds another file
	strace -f -o trace -e trace=pread64 -e inject=pread64:delay_exit=300000:when=1 \
		"$DECANT" copy --json --reflink=never --hash=sha256 a b >events &
	wait_until grep -q pread64 trace
	data 120000 | tac >a
	wait
	cmp a b
	sums_are_right events
}

@test "--hash: an unknown digest, and one that cannot be had, are told before anything is touched" {
	echo a >a
	run --separate-stderr decant copy --hash=xxh128,crc a b
	assert_equal "$status" 2
	assert_equal "$stderr" "decant: unknown digest 'crc' for '--hash' (use xxh128, xxh64, sha256, sha512, blake2b, sha1, md5)
Try 'decant copy --help'."
	run --separate-stderr decant copy --hash= a b
	assert_equal "$status" 2
	# a program without its module beside it
	mkdir bin
	cp "$DECANT" bin/decant
	if bin/decant pipe a '|' hash sha256 '|' /dev/null >/dev/null 2>&1; then
		skip "a module is installed"
	fi
	run --separate-stderr bin/decant copy --hash=sha256 a b
	assert_equal "$status" 2
	[[ $stderr == "decant: digest 'sha256' cannot be made: "* ]]
	assert_not_exists b
	bin/decant copy --hash=xxh128 a b
}

@test "a hole that takes for ever to digest can be stopped" {
	on_fs tmpfs
	truncate -s 4E hole
	run timeout --foreground --preserve-status -k 5 -s TERM 0.5 decant copy --hash=xxh128 hole copy
	assert_failure 143
	[ ! -e copy ]
}
