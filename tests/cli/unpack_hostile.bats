#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# unpack: what bad and broken archives cannot do.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	decant list /dev/null 2>&1 | grep -q 'without libarchive' && skip "built without libarchive"
	return 0
}

archives_py() {
	"$PYTHON" "$BATS_TEST_DIRNAME/archives.py" "$@"
}

# set_canary: a directory beside the destination, and what it is like
set_canary() {
	mkdir canary out
	echo secret >canary/secret
	echo before >out/before
	touch -d 2001-02-03 canary/secret canary
	tree_py list canary >canary.list
}

# assert_canary: it is as it was
assert_canary() {
	tree_py list canary | diff canary.list -
}

# assert_unpacked: what is harmless in the hostile archive came
assert_unpacked() {
	assert_equal "$(cat out/ok/first out/ok/twice out/ok/turn out/ok/linked out/ok/last)" firsttwoturnedmadelast
	assert_equal "$(cat out/ok/dir/inside)" inside
	assert_equal "$(stat -c %h out/before)" 1
	assert [ ! -L out/ok/turn ]
	assert_equal "$(stat -c %a out/ok/suid)" 755
	assert_equal "$(find out -name '.decant-*')" ""
}

@test "nothing gets out of the destination, the rest is unpacked" {
	set_canary
	archives_py hostile bad.tar "$PWD/canary"
	run -1 decant unpack -C out bad.tar
	assert_canary
	assert_unpacked
	refute_output --partial $'\e'
	local refused
	for refused in "'../canary/up': its name has '..' in it" "absolute': its name is absolute" \
		"'ok/link/through': on its way there is no directory: ok/link" \
		"'ok/hard1': it is a link that leads out of the archive" \
		"'ok/hard3': it is a link to what was not unpacked" \
		"'ok/hard4': it is a link to what was not unpacked" \
		"a part of its name is longer than 255 bytes"; do
		assert_output --partial "$refused"
	done
}

@test "nothing gets out when it is compressed, piped, for -p, or a second time" {
	set_canary
	archives_py hostile bad.tar "$PWD/canary"
	gzip -k bad.tar
	run -1 decant unpack -C out bad.tar.gz
	assert_unpacked
	run -1 decant unpack -C out - <bad.tar
	assert_unpacked
	run -1 decant unpack -C out -k bad.tar
	run -1 decant unpack -C out --jobs=1 bad.tar
	assert_unpacked
	run -1 decant unpack -p -C out bad.tar
	assert_canary
}

@test "a user gets no device, and everything else" {
	require_nobody
	set_canary
	archives_py hostile bad.tar "$PWD/canary"
	chmod 777 out .
	run -1 setpriv --reuid=65534 --regid=65534 --clear-groups "$DECANT" unpack -C out bad.tar
	assert_canary
	assert_file_not_exist out/ok/null
	assert_equal "$(cat out/ok/last)" last
	assert_equal "$(stat -c %a out/ok/shut)" 0
}

@test "limits end with 5, what came before stays" {
	archives_py members many.tar 100
	run -5 decant unpack -C out --max-entries=50 many.tar
	assert_output --partial "it goes beyond --max-entries=50"
	assert_file_exist out/0000/0001
	assert_file_not_exist out/0000/0099
	data 100000 >big
	tar -cf big.tar big
	run -5 decant unpack -C less --max-bytes=50000 big.tar
	run -5 decant unpack -C less --max-bytes=50000 - <big.tar
	assert_file_not_exist less/big
	decant unpack -C less --max-bytes=100000 big.tar
	archives_py sparse sparse.tar $((1 << 60))
	run -5 decant unpack -C less --max-bytes=1G sparse.tar
	run -2 decant unpack --max-ratio=0 sparse.tar
}

@test "a bomb of zeros is stopped by its ratio" {
	require_command zstd
	"$PYTHON" -c 'import sys, tarfile
class Zeros:
    def read(self, n): return bytes(n)
i = tarfile.TarInfo("zeros"); i.size = 3 << 30
t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|"); t.addfile(i, Zeros()); t.close()' | zstd -q >bomb.tar.zst
	run -5 decant unpack -C out --max-ratio=100 bomb.tar.zst
	assert_output --partial "it goes beyond --max-ratio=100"
	assert_file_not_exist out/zeros
}

@test "a damaged archive: what came whole stays, exit 6" {
	make_tree basic tree
	tar -cf a.tar tree/one tree/sub tree/nothing
	head -c $((600 * 1024)) a.tar >cut.tar
	run -6 decant unpack -C out cut.tar
	assert_equal "$(cat out/tree/one)" one
	assert_file_not_exist out/tree/sub/mega
	gzip -k a.tar
	head -c 100000 a.tar.gz >cut.tar.gz
	run -6 decant unpack -C out2 cut.tar.gz
	assert_equal "$(cat out2/tree/one)" one
	assert_equal "$(find out out2 -name '.decant-*')" ""
	head -c 1000 /dev/urandom >noise
	run decant unpack -C out3 noise
	[[ $status = 3 || $status = 6 ]]
	run -3 decant unpack -C out4 nothing.tar
}

# make_sound: small archives of six formats
make_sound() {
	mkdir tree
	make_tree basic tree
	head -c 20000 tree/sub/mega >tree/sub/m && mv tree/sub/m tree/sub/mega
	tar --format=pax -cf sound.pax.tar tree
	tar --format=gnu -cf sound.gnu.tar tree
	tar -czf sound.tar.gz tree
	tar -c tree | zstd -q >sound.tar.zst
	(find tree | cpio -o -H newc >sound.cpio) 2>/dev/null
	"$PYTHON" -c 'import shutil; shutil.make_archive("sound", "zip", ".", "tree")'
}

# damaged VERB SEED FEW MANY: nothing bad comes of 2 x 6 x FEW/2, or with CHECK_SLOW MANY/2, damaged archives,
# nor of memory, in KiB
damaged() {
	local most=65536
	[ "${DECANT_SANITIZERS:-no}" = no ] || most=inf
	set_canary
	make_sound
	run -0 archives_py damage "$DECANT" "$1" "$2" "$([ -n "${CHECK_SLOW-}" ] && echo "$4" || echo "$3")" "$most"
	assert_output ""
	assert_canary
}

@test "archives cut short and with bits flipped end with a code and a word" {
	require_command zstd cpio
	damaged unpack 7 30 334
}

@test "so do those that are compared with a tree" {
	require_command zstd cpio
	damaged verify 8 6 100
}

@test "so do those that a tree is kept equal to" {
	require_command zstd cpio
	damaged sync 9 6 100
}

@test "an interrupted run leaves whole files only" {
	mkdir tree
	local i
	for i in 1 2 3 4 5 6 7 8; do
		data 3000000 >"tree/$i"
	done
	tar -cf a.tar tree
	for i in 3000 9000 20000; do
		rm -rf out
		(cat a.tar; sleep 5) | tree_py kill INT "$i" "$DECANT" unpack -C out -
		find out -type f -print0 2>/dev/null | while IFS= read -r -d '' file; do
			cmp "$file" "tree/${file##*/}"
		done
	done
}

@test "a million empty members need less than 64 MiB" {
	require_slow
	require_command gzip
	archives_py members many.tar 1000000
	run -0 /usr/bin/time -f %M "$DECANT" unpack -C out many.tar
	assert [ "${lines[-1]}" -lt 65536 ]
	assert_equal "$(find out -type f | wc -l)" 1000000
}
