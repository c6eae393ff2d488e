#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# verify ARCHIVE [DIR]: an archive stands where a tree stands.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	require_command tar
	decant list /dev/null 2>&1 | grep -q 'without libarchive' && skip "built without libarchive"
	return 0
}

# finds ARCHIVE LINE...: verify with $OPTIONS of ARCHIVE and tree's parent prints these lines, blanks squeezed
finds() {
	local archive=$1
	shift
	# shellcheck disable=SC2086
	run --separate-stderr decant verify ${OPTIONS:-} "$archive"
	assert_failure 1
	assert_equal "$stderr" ""
	diff <(printf '%s\n' "$@") <(tr -s ' ' <<<"$output")
}

@test "what an archive was made of is equal to it, in every format" {
	make_tree basic tree
	ln tree/one tree/sub/linked
	local name
	for name in a.tar a.tar.gz a.tar.zst a.zip a.cpio a.7z; do
		decant pack -f "$name" tree 2>/dev/null
		run decant verify "$name"
		assert_success
		assert_output ""
	done
	run decant verify a.tar.gz .
	assert_failure 1
	run decant verify --ignore-extra a.tar.gz .
	assert_success
	run decant verify - <a.tar.gz
	assert_success
}

@test "a zoo is what its archive says, with all attributes" {
	require_command rsync
	make_zoo zoo
	rm -f zoo/socket
	decant pack -f zoo.tar zoo
	run decant verify -a zoo.tar
	assert_success
	tar --format=pax --xattrs --xattrs-include='*' --acls -S -cf gnu.tar zoo 2>/dev/null
	run decant verify --preserve=mode,ownership,xattr,links gnu.tar
	assert_success
}

@test "each kind of difference is named, in the order of the tree" {
	mkdir -p tree/gone/deep tree/dir
	printf 'one\n' >tree/size
	printf 'content' >tree/content
	printf x >tree/gone/deep/file
	printf x >tree/dir/gone
	ln -s here tree/target
	: >tree/type
	decant pack -f a.tar.gz tree
	rm -r tree/gone tree/dir/gone tree/target tree/type
	printf 'other\n' >tree/size
	printf 'conTent' >tree/content
	printf extra >tree/dir/more
	mkdir tree/new tree/type
	: >tree/new/below
	ln -s there tree/target
	finds a.tar.gz '~ content 7 B tree/content bytes differ from 3 on' \
		'- missing 1 B tree/dir/gone' '+ extra 5 B tree/dir/more' '- missing tree/gone' \
		'+ extra tree/new' '~ content 4 B tree/size size 4 -> 6' '~ content tree/target target' \
		'~ content 0 B tree/type type file -> directory'
	OPTIONS=--ignore-extra finds a.tar.gz '~ content 7 B tree/content bytes differ from 3 on' \
		'- missing 1 B tree/dir/gone' '- missing tree/gone' '~ content 4 B tree/size size 4 -> 6' \
		'~ content tree/target target' '~ content 0 B tree/type type file -> directory'
	run decant verify --json a.tar.gz
	assert_failure 1
	assert_line --partial '"action":"missing","kind":"directory","path":"tree/gone"'
	assert_line --partial '"reasons":["bytes differ from 3 on"]'
	assert_line --partial '"result":"differs","exit":1'
}

@test "attributes count as --preserve says, times as exactly as the archive has them" {
	mkdir tree
	printf x >tree/file
	touch -d '2020-01-02 03:04:05.678' tree/file
	decant pack -f exact.tar tree
	tar --format=ustar -cf whole.tar tree
	chmod 600 tree/file
	OPTIONS=-a finds exact.tar '. attributes tree/file mode 0644 -> 0600'
	run decant verify exact.tar
	assert_success
	chmod 644 tree/file
	run decant verify -a whole.tar
	assert_success
	touch -d '2020-01-02 03:04:05.679' tree/file
	run decant verify -a whole.tar
	assert_success
	run decant verify -a exact.tar
	assert_failure 1
	touch -d '2020-01-02 03:04:06' tree/file
	run decant verify -a whole.tar
	assert_failure 1
}

@test "--quick reads no content" {
	mkdir tree
	printf one >tree/file
	touch -d 2020-01-02 tree/file
	decant pack -f a.tar tree
	printf two >tree/file
	touch -d 2020-01-02 tree/file
	run decant verify --quick a.tar
	assert_success
	OPTIONS='' finds a.tar '~ content 3 B tree/file bytes differ from 0 on'
	touch -d 2020-01-03 tree/file
	OPTIONS=--quick finds a.tar '~ content 3 B tree/file mtime'
}

@test "holes are compared with what is there, not read" {
	mkdir tree
	truncate -s 1T tree/sparse 2>/dev/null || skip "no files of 1 TiB"
	printf x | dd of=tree/sparse bs=1 seek=1000000 conv=notrunc status=none
	decant pack -f a.tar tree
	run timeout 20 "$DECANT" verify a.tar
	assert_success
	printf y | dd of=tree/sparse bs=1 seek=500000000000 conv=notrunc status=none
	OPTIONS='' finds a.tar '~ content 1.0 TiB tree/sparse bytes differ from 500000000000 on'
}

@test "of a name that comes twice the last member counts" {
	mkdir tree
	printf old >tree/file
	printf same >tree/other
	tar -cf a.tar tree
	printf newer >tree/file
	tar -rf a.tar tree/file
	run decant verify a.tar
	assert_success
	assert_output ""
	run decant verify -v a.tar
	assert_equal "$(grep -c tree/file <<<"$output")" 1
	printf old >tree/file
	OPTIONS='' finds a.tar '~ content 5 B tree/file size 5 -> 3'
}

@test "hard links: one file where links count, one content where not" {
	mkdir tree
	printf one >tree/a
	ln tree/a tree/b
	printf two >tree/c
	decant pack -f a.tar tree
	cp -a tree/b copy && mv copy tree/b
	run decant verify a.tar
	assert_success
	OPTIONS=--preserve=links finds a.tar '. attributes tree/b hard links'
	printf TWO >tree/b
	OPTIONS='' finds a.tar '~ content 3 B tree/b bytes differ from 0 on'
	rm tree/b
	ln tree/a tree/b
	ln -f tree/a tree/c
	OPTIONS='' finds a.tar '~ content 3 B tree/c bytes differ from 0 on'
	printf two >tree/c
	OPTIONS=--preserve=links run decant verify --preserve=links a.tar
	assert_line --partial 'hard links'
}

@test "cpio has content with the last name" {
	require_command cpio
	mkdir tree
	printf content >tree/a
	ln tree/a tree/b
	ln tree/a tree/c
	(find tree | sort | cpio -o -H newc >a.cpio) 2>/dev/null
	run decant verify --preserve=links a.cpio
	assert_success
	printf conTent >tree/a
	run decant verify a.cpio
	assert_failure 1
	assert_line --partial 'bytes differ from 3 on'
}

@test "patterns leave out members and extras" {
	mkdir -p tree/cache
	printf x >tree/a.o
	printf x >tree/b
	printf x >tree/cache/c
	decant pack -f a.tar tree
	rm tree/a.o tree/cache/c
	printf x >tree/new.o
	printf x >tree/cache/d
	run decant verify --exclude='*.o' --exclude=cache a.tar
	assert_success
	run decant verify a.tar
	assert_failure 1
}

@test "a damaged archive is 6, one that is missing 3, and says nothing of extras" {
	make_tree basic tree
	decant pack -f a.tar tree
	: >tree/extra
	head -c 300000 a.tar >cut.tar
	run decant verify cut.tar
	assert_failure 6
	refute_output --partial tree/extra
	gzip -c a.tar | head -c 5000 >cut.tar.gz
	run decant verify cut.tar.gz
	assert_failure 6
	run decant verify missing.tar tree
	assert_failure 3
	run decant verify a.tar missing
	assert_failure 3
}

@test "a bad name is refused, and nothing beside the tree is read" {
	mkdir canary out
	"$PYTHON" "$BATS_TEST_DIRNAME/archives.py" hostile bad.tar "$PWD/canary"
	run decant verify bad.tar out
	assert_failure 1
	assert_output --partial "its name has '..' in it"
	refute_output --partial $'\e'
}

@test "a file that is neither archive nor manifest is compared as a file" {
	mkdir tree
	printf x >file
	run decant verify file tree
	assert_failure 1
	assert_output --partial 'type file -> directory'
	decant pack -f a.tar tree
	cp a.tar b.tar
	run decant verify a.tar b.tar
	assert_success
}

@test "a hundred thousand differences need less than 64 MiB" {
	require_slow
	"$PYTHON" "$BATS_TEST_DIRNAME/archives.py" members many.tar 1000000
	mkdir out
	run /usr/bin/time -f %M "$DECANT" verify -q many.tar out
	assert_failure 1
	assert [ "${lines[-1]}" -lt 65536 ]
}
