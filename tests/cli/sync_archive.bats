#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# sync ARCHIVE/ DIR, and unpack --delete: a tree kept equal to an archive.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	decant list /dev/null 2>&1 | grep -q 'without libarchive' && skip "built without libarchive"
	return 0
}

# make_source: a tree and an archive of what is in it
make_source() {
	mkdir -p src/dir/deep src/old
	printf one >src/one
	printf two >src/dir/two
	data 3000000 >src/dir/deep/big
	ln src/one src/dir/linked
	ln -s one src/symlink
	mkfifo src/fifo
	find src -exec touch -hd '2020-01-02 03:04:05.678' {} +
	(cd src && decant pack -f ../a.tar.gz .)
}

# items LINE...: the output, blanks squeezed and in any order
items() {
	diff <(printf '%s\n' "$@" | sort) <(tr -s ' ' <<<"$output" | sort)
}

@test "a slash behind the archive means what is in it, without it is a file" {
	make_source
	decant sync -a a.tar.gz/ out
	same_listing src out
	decant sync -a --contents a.tar.gz out2
	same_listing src out2
	mkdir out3
	decant sync -a a.tar.gz out3
	cmp a.tar.gz out3/a.tar.gz
}

@test "what is equal is not touched" {
	make_source
	decant sync -a a.tar.gz/ out
	find out -printf '%i %C@ %p\n' | sort >before
	run decant sync -ai a.tar.gz/ out
	assert_success
	assert_output ""
	find out -printf '%i %C@ %p\n' | sort | diff before -
	run decant sync -a --delete --stats a.tar.gz/ out
	assert_success
	find out -printf '%i %C@ %p\n' | sort | diff before -
}

@test "what differs is replaced whole, attributes are mended where they are" {
	make_source
	decant sync -a a.tar.gz/ out
	ln out/dir/two kept
	printf other >out/dir/two
	local inode
	inode=$(stat -c %i out/dir/deep/big)
	chmod 600 out/dir/deep/big
	rm out/symlink
	ln -s elsewhere out/symlink
	run decant sync -a --dry-run a.tar.gz/ out
	items '~ content 3 B dir/two size, mtime' '. attributes dir/deep/big mode 0600 -> 0644' \
		'~ content symlink target, mtime' \
		'dry run: 2 changed, 1 attributes, 6 unchanged; 3 B to write'
	run decant sync -ai a.tar.gz/ out
	assert_success
	items '~ content 3 B dir/two size, mtime' '. attributes dir/deep/big mode 0600 -> 0644' \
		'~ content symlink target, mtime'
	assert_equal "$(cat kept)" other
	assert_equal "$(stat -c %i out/dir/deep/big)" "$inode"
	same_listing src out
}

@test "a directory makes way for a member only when it is empty, a file for a directory always" {
	make_source
	decant sync -a a.tar.gz/ out
	rm -r out/old out/symlink out/one
	printf x >out/old
	mkdir out/symlink out/one
	printf x >out/one/kept
	run decant sync -a a.tar.gz/ out
	assert_failure 1
	assert_output --partial "'out/one'"
	assert_equal "$(cat out/one/kept)" x
	assert_equal "$(readlink out/symlink)" one
	assert_dir_exist out/old
}

@test "--delete removes what the archive has not, and nothing else" {
	make_source
	decant sync -a a.tar.gz/ out
	mkdir -p out/extra/below out/dir/more
	printf x >out/extra/below/file
	printf x >out/dir/more/file
	printf x >out/left.o
	mkdir canary
	printf x >canary/file
	ln -s "$PWD/canary" out/dir/away
	run decant sync -an --delete a.tar.gz/ out
	assert_line --partial 'extra/below/file'
	assert_line --partial '7 delete'
	assert_dir_exist out/extra
	run decant sync -a --delete --exclude='*.o' a.tar.gz/ out
	assert_success
	assert_file_exist out/left.o canary/file
	decant sync -a --delete a.tar.gz/ out
	same_listing src out
}

@test "the brakes of sync hold" {
	make_source
	mkdir many
	(cd many && seq 300 | xargs touch)
	mv many src/many
	(cd src && decant pack -f ../b.tar .)
	decant sync -a b.tar/ out
	run decant sync -a --delete a.tar.gz/ out
	assert_failure 5
	assert_output --partial "refusing to delete 301 of 310 files in 'out'"
	assert_dir_exist out/many
	decant sync -a --delete --max-delete=100% a.tar.gz/ out
	assert_dir_not_exist out/many
}

@test "nothing is deleted when the archive ends early" {
	make_source
	mkdir out
	printf x >out/extra
	head -c 1000000 a.tar.gz >cut.tar.gz
	run decant sync -a --delete cut.tar.gz/ out
	assert_failure 6
	assert_output --partial 'nothing is deleted: the archive could not be read to its end'
	assert_file_exist out/extra
	run decant unpack --delete -C out cut.tar.gz
	assert_failure 6
	assert_file_exist out/extra
}

@test "unpack --delete makes a directory what the archive is" {
	make_source
	mkdir -p out/extra out/dir/more
	printf x >out/extra/file
	printf x >out/dir/more/cache
	printf x >out/left.o
	run decant unpack -p --delete --dry-run -C out a.tar.gz
	assert_line --partial 'extra/file'
	assert_file_exist out/extra/file
	decant unpack -p --delete --exclude='*.o' -C out a.tar.gz
	assert_file_exist out/left.o
	decant unpack -p --delete -C out a.tar.gz
	same_listing src out
	tar --format=pax -cf top.tar src
	printf x >out/extra
	decant unpack -p --delete --strip-components=1 -C out top.tar
	touch -d '2020-01-02 03:04:05.678' out
	same_listing src out
	run -2 decant unpack --delete a.tar.gz
	run -2 decant unpack --delete -C out a.tar.gz one
}

@test "neither the archive nor the manifest is deleted" {
	make_source
	mkdir out
	cp a.tar.gz out/it.tar.gz
	printf x >out/extra
	cd out
	decant sync -a --delete it.tar.gz/ .
	assert_file_exist it.tar.gz one
	assert_file_not_exist extra
	printf x >extra
	decant unpack -p --delete -C . --manifest=dir/m it.tar.gz
	assert_file_exist it.tar.gz dir/m
	assert_file_not_exist extra
	run decant list dir/m
	assert_success
}

@test "the archive is not deleted in a directory that it does not have" {
	make_source
	mkdir -p out/extra/backups
	cp a.tar.gz out/extra/backups/it.tar.gz
	printf x >out/extra/backups/other
	printf x >out/extra/other
	run decant sync -an --delete out/extra/backups/it.tar.gz/ out
	assert_line --partial '2 delete'
	decant sync -a --delete out/extra/backups/it.tar.gz/ out
	cmp a.tar.gz out/extra/backups/it.tar.gz
	assert_file_not_exist out/extra/backups/other
	assert_file_not_exist out/extra/other
	decant unpack --delete -C out out/extra/backups/it.tar.gz
	cmp a.tar.gz out/extra/backups/it.tar.gz
}

@test "rules leave members out, and --existing makes nothing new" {
	make_source
	decant sync -a --exclude=deep --exclude='/one' a.tar.gz/ out
	assert_dir_not_exist out/dir/deep
	assert_file_not_exist out/one
	assert_file_exist out/dir/two
	run decant sync -a --existing -i a.tar.gz/ out
	refute_output --partial deep/big
	decant sync -a --max-size=1000 a.tar.gz/ out4
	assert_file_not_exist out4/dir/deep/big
	assert_file_exist out4/one
}

@test "options that are not for an archive are refused by name" {
	make_source
	local option
	for option in --backup --checksum --link-dest=/tmp --remove-source-files --copy-links --verify; do
		run -2 decant sync "$option" a.tar.gz/ out
		assert_output --partial 'which --'
		assert_dir_not_exist out
	done
	for option in --chmod=u+x --chown=1:1 --prune-empty-dirs; do
		run -2 decant sync "$option" a.tar.gz/ out
	done
	run decant sync -F a.tar.gz/ out
	assert_failure 2
	assert_dir_not_exist out
	run decant sync a.tar.gz/ src/ out
	assert_failure 2
	printf x >plain
	run decant sync plain/ out
	assert_failure 3
}

@test "nothing gets out of the destination, and nothing outside is deleted" {
	mkdir canary out
	printf secret >canary/secret
	printf before >out/before
	tree_py list canary >canary.list
	"$PYTHON" "$BATS_TEST_DIRNAME/archives.py" hostile bad.tar "$PWD/canary"
	run decant sync -a bad.tar/ out
	assert_failure 1
	tree_py list canary | diff canary.list -
	assert_equal "$(cat out/ok/first out/ok/last)" firstlast
	run decant sync -a --delete bad.tar/ out
	assert_failure 1
	tree_py list canary | diff canary.list -
	assert_file_not_exist out/before
	run decant unpack -p --delete -C out bad.tar
	tree_py list canary | diff canary.list -
}
