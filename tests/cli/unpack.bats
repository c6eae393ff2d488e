#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# unpack: archives of others become the trees that they were made from.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	require_command tar
	decant list /dev/null 2>&1 | grep -q 'without libarchive' && skip "built without libarchive"
	return 0
}

teardown() {
	let_go
}

@test "a zoo through GNU tar is the same" {
	require_command rsync
	make_zoo zoo
	# tar has no sockets; libarchive 3.6 reads fractions of seconds before 1970 with the wrong sign
	rm zoo/socket
	touch -d '1935-06-07 08:09:10' zoo/times/past
	touch -d '1960-01-02 03:04:05' zoo/times/old-dir zoo/fifo
	tar --format=pax --xattrs --xattrs-include='*' --acls -S -cf zoo.tar zoo 2>/dev/null
	run -0 decant unpack -p -C out zoo.tar
	same_tree zoo out/zoo
}

@test "a zoo through bsdtar is the same" {
	require_command bsdtar rsync
	make_zoo zoo
	rm zoo/socket
	bsdtar --format=pax -cf zoo.tar zoo 2>/dev/null
	run -0 decant unpack -p -C out zoo.tar
	same_listing zoo out/zoo
}

@test "each compression is found out" {
	make_tree basic tree
	local packer
	for packer in cat gzip bzip2 xz zstd lz4; do
		command -v "$packer" >/dev/null || continue
		tar --format=pax -c tree | "$packer" >"packed.$packer"
		decant unpack -p -C "out-$packer" "packed.$packer"
		same_listing tree "out-$packer/tree"
		decant unpack -p -C "piped-$packer" - <"packed.$packer"
		same_listing tree "piped-$packer/tree"
		"$packer" -dc 2>/dev/null <"packed.$packer" >/dev/null || true
	done
}

@test "a tar comes through a pipe" {
	make_tree basic tree
	tar --format=pax -c tree | decant unpack -p -
	mv tree/one tree/other
	tar --format=pax -c tree | decant unpack -p -C out -
	same_listing tree out/tree
}

@test "an archive with one top entry needs no directory of its own, others do" {
	make_tree basic tree
	tar -cf one.tar tree
	tar -cf tree.tar tree
	tar -cf many.tar -C tree one nothing sub
	rm -r tree
	decant unpack one.tar
	assert_file_exist tree/one
	assert_file_not_exist one
	rm -r tree
	decant x tree.tar
	assert_file_exist tree/one
	assert_file_not_exist tree/tree
	run -1 decant x tree.tar
	assert_output --partial "it exists; use -C to unpack into it"
	decant x many.tar
	assert_file_exist many/one
	run -0 decant x one.tar
	assert_output --partial "tree exists: all is in one"
	assert_file_exist one/tree/one
}

@test "members are picked by name and pattern, and lose components" {
	make_tree basic tree
	tar -cf a.tar tree
	decant unpack -C out a.tar tree/sub 'tree/o*'
	[ "$(find out | sort | xargs)" = "out out/tree out/tree/one out/tree/sub out/tree/sub/deeper out/tree/sub/deeper/five out/tree/sub/mega out/tree/sub/two" ]
	decant unpack -C less --exclude=mega --exclude=/tree/empty a.tar
	assert_file_not_exist less/tree/sub/mega
	assert_file_not_exist less/tree/empty
	decant unpack -C flat --strip-components=2 a.tar tree/sub
	assert_file_exist flat/two
	run -1 decant unpack -C none a.tar no/such
	assert_output --partial "'no/such': nothing in the archive has this name"
	[ "$(decant unpack -O a.tar tree/one tree/sub/two)" = "$(cat tree/one tree/sub/two)" ]
}

@test "existing files are replaced, kept, or kept when newer" {
	mkdir tree
	echo new >tree/file
	touch -d 2020-01-01 tree/file
	tar -cf a.tar tree
	mkdir -p out/tree
	echo old >out/tree/file
	ln out/tree/file other
	decant unpack -C out -k a.tar
	assert_equal "$(cat out/tree/file)" old
	decant unpack -C out --keep-newer a.tar
	assert_equal "$(cat out/tree/file)" old
	decant unpack -C out a.tar
	assert_equal "$(cat out/tree/file)" new
	assert_equal "$(cat other)" old
	echo old >out/tree/file
	touch -d 2019-01-01 out/tree/file
	decant unpack -C out --keep-newer a.tar
	assert_equal "$(cat out/tree/file)" new
}

@test "without -p modes obey the umask, and set-ID bits are left out" {
	mkdir tree
	echo x >tree/file
	chmod 6777 tree/file
	chmod 2777 tree
	tar -cf a.tar tree
	(umask 027 && decant unpack -C plain a.tar)
	assert_equal "$(stat -c %a plain/tree/file)" 750
	assert_equal "$(stat -c %a plain/tree)" 750
	decant unpack -p -C exact a.tar
	assert_equal "$(stat -c %a exact/tree/file)" 6777
	assert_equal "$(stat -c %a exact/tree)" 2777
}

@test "owners are looked up by name, taken as numbers, or replaced" {
	require_root
	echo x >file
	tar --owner=nobody:4321 --group=root:4321 -cf a.tar file
	local nobody
	nobody=$(id -u nobody)
	decant unpack -C named a.tar
	assert_equal "$(stat -c %u:%g named/file)" "$nobody:0"
	decant unpack --numeric-ids -C numbers a.tar
	assert_equal "$(stat -c %u:%g numbers/file)" 4321:4321
	decant unpack --no-same-owner -C mine a.tar
	assert_equal "$(stat -c %u:%g mine/file)" 0:0
	decant unpack --owner-map=nobody=77,:4321=:78 -C mapped a.tar
	assert_equal "$(stat -c %u:%g mapped/file)" 77:78
}

@test "hard links whose content comes last share it" {
	"$PYTHON" "$BATS_TEST_DIRNAME/archives.py" cpio-links links.cpio
	decant unpack -C out links.cpio
	assert_equal "$(cat out/a out/b out/c)" contentcontentcontent
	assert_equal "$(stat -c %h:%a:%Y out/a)" 3:444:1000000000
}

@test "a sparse member stays sparse" {
	"$PYTHON" "$BATS_TEST_DIRNAME/archives.py" sparse a.tar $((1 << 33))
	decant unpack -C out a.tar
	assert_equal "$(stat -c %s out/sparse)" $((1 << 33))
	assert [ "$(stat -c %b out/sparse)" -lt 100 ]
	assert_equal "$(tail -c 4 out/sparse)" tail
}

@test "digests of members, and of the archive with and without compression" {
	make_tree basic tree
	tar -c tree | gzip >a.tgz
	run -0 decant unpack -C out --hash=sha256 --itemize a.tgz
	assert_line "compressed sha256:$(sha256sum <a.tgz | cut -d' ' -f1)"
	assert_line "uncompressed sha256:$(gzip -dc a.tgz | sha256sum | cut -d' ' -f1)"
	assert_output --partial "sha256:$(sha256sum <tree/sub/mega | cut -d' ' -f1)"
	run -2 decant unpack -C none --hash=nope a.tgz
	assert_file_not_exist none
}

@test "a dry run changes nothing" {
	make_tree basic tree
	tar -cf a.tar tree
	run -0 decant unpack --dry-run -C out a.tar
	assert_output --partial "tree/sub/mega"
	assert_file_not_exist out
}

@test "content of an uncompressed tar is moved from it by the kernel" {
	mkdir tree
	data $((3 << 20)) >tree/big
	tar -cf a.tar tree
	run -0 decant unpack --explain -C out a.tar
	refute_output --regexp 'tree/big.*buffers'
	cmp tree/big out/tree/big
}

@test "list shows archives and trees" {
	make_tree basic tree
	tar --format=pax -czf a.tgz tree
	run -0 decant list a.tgz
	assert_line --regexp '^-rw.* +1048576 .* tree/sub/mega$'
	assert_line --regexp '^lrwx.* tree/pointer -> sub/two$'
	run -0 decant ls --json a.tgz tree/one
	assert_line --regexp '^\{"type":"entry","kind":"file","path":"tree/one",.*"bytes":4,"mtime":981173106.123456789\}$'
	run -0 decant list tree
	assert_line --regexp '^-rw.* +1048576 .* tree/sub/mega$'
	run -3 decant list a.none
}

@test "compression is a stage of a pipe" {
	data 300000 >in
	local pair
	for pair in gzip:gunzip zstd:unzstd xz:unxz; do
		decant pipe in '|' "${pair%:*}" -1 '|' packed
		decant pipe packed '|' "${pair#*:}" | cmp - in
		head -c 1000 packed >short
		run -6 decant pipe short '|' "${pair#*:}" '|' out
		assert_file_not_exist out
	done
}

@test "--manifest is of what was made, and verify agrees" {
	make_tree basic tree
	ln tree/one tree/sub/linked
	ln -s one tree/symlink
	local name
	for name in a.tar a.tar.gz a.cpio a.zip; do
		decant pack -f "$name" tree 2>/dev/null
		decant unpack -p -C "out-$name" --manifest="$name.dcm" "$name"
		run decant verify -p "$name.dcm" "out-$name"
		assert_success
		assert_output ""
	done
	printf x >>out-a.tar/tree/sub/linked
	run decant verify a.tar.dcm out-a.tar
	assert_failure 1
	assert_line --partial tree/one
	assert_line --partial tree/sub/linked
	decant unpack -p -C again --manifest=again.dcm a.tar
	cmp a.tar.dcm again.dcm
	decant copy -a --manifest=copied.dcm tree copied
	diff <(grep -o ' tree/sub/mega$' again.dcm) <(echo ' tree/sub/mega')
	decant unpack -C sums --hash=sha256,md5 --manifest=sums.dcm a.tar
	grep -q "$(sha256sum <tree/sub/mega | cut -d ' ' -f 1)" sums.dcm
}

@test "--manifest has the last member of a name, and cpio's late content" {
	require_command cpio
	mkdir tree
	printf old >tree/file
	tar -cf a.tar tree
	printf newer >tree/file
	tar -rf a.tar tree/file
	decant unpack -C out --manifest=m a.tar
	run decant verify m out
	assert_success
	assert_equal "$(grep -c ' tree/file$' m)" 1
	ln tree/file tree/second
	ln tree/file tree/third
	(find tree | sort | cpio -o -H newc >a.cpio) 2>/dev/null
	decant unpack -C out2 --manifest=m2 a.cpio
	run decant verify m2 out2
	assert_success
	assert_equal "$(grep -c '^f [0-9a-f]* 5 ' m2)" 3
}

@test "--manifest of an archive that is damaged is not written" {
	make_tree basic tree
	tar -cf a.tar tree
	head -c 400000 a.tar >cut.tar
	echo before >m
	run -6 decant unpack -C out --manifest=m cut.tar
	assert_equal "$(cat m)" before
	run -2 decant unpack -C out --manifest=m --dry-run a.tar
	run -3 decant unpack -C out --manifest=no/such/m a.tar
}

@test "a hole that takes for ever to digest can be cancelled" {
	truncate -s 4T huge 2>/dev/null || skip "no file of 4 TiB here"
	tar --format=pax -S -cf huge.tar huge
	rm huge
	mkdir out
	run timeout -s INT -k 5 1 decant unpack --hash=sha256 -C out huge.tar
	assert_failure 124
	run ls -A out
	assert_output ""
}
