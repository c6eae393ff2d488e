#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# decant pack: archives that others read back, written in one order, and never torn.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	decant pack --dry-run -f x.tar / -x --exclude='*' >/dev/null 2>&1 || skip "needs archive.so"
}

teardown() {
	let_go
}

# zoo_without_sockets DIR: what an archive can hold
zoo_without_sockets() {
	make_zoo "$1"
	rm "$1/socket"
	# libarchive writes the fraction of a negative time as if it were one of its absolute value.
	touch -d '1935-06-07 08:09:10' "$1/times/past"
	touch -d '1960-01-02 03:04:05' "$1/times/old-dir" "$1/fifo"
	touch -d '2004-04-05 06:07:08' "$1/times"
	touch -d '2003-04-05 06:07:08.090807060' "$1"
}

@test "GNU tar reads back every attribute" {
	require_root
	zoo_without_sockets src
	run -0 decant pack -f a.tar src
	assert_output ''
	mkdir back
	tar -xf a.tar -C back --acls --xattrs '--xattrs-include=*' --numeric-owner -S
	same_listing src back/src
	same_holes src back/src
}

@test "bsdtar reads back every attribute" {
	require_root
	require_command bsdtar
	zoo_without_sockets src
	decant pack -f a.tar.zst src
	mkdir back
	LC_ALL=C.UTF-8 bsdtar -xpf a.tar.zst -C back --acls --xattrs --numeric-owner
	# It sets no attributes of links, and cannot with names that are not UTF-8.
	rm -rf src/links/to-directory back/src/links/to-directory
	touch -d @0 src/links back/src/links
	same_listing src back/src
}

@test "python reads the members of every kind of tar" {
	make_tree basic src/basic
	make_tree links src/links
	for format in pax ustar gnutar; do
		for how in none gzip bzip2 xz; do
			decant pack --format=$format --compress=$how -f - src >a.tar
			"$PYTHON" - "$format" <<'END'
import os, sys, tarfile
names = []
for m in tarfile.open("a.tar"):
    st = os.lstat(m.name)
    names.append(m.name)
    assert m.mode == st.st_mode & 0o7777 and (m.uid, m.gid) == (st.st_uid, st.st_gid), m.name
    mtime = float(m.pax_headers.get("mtime", m.mtime))
    assert abs(mtime - st.st_mtime_ns / 1e9) < (1e-5 if sys.argv[1] == "pax" else 1), (m.name, mtime)
    if m.isfile():
        assert tarfile.open("a.tar").extractfile(m.name).read() == open(m.name, "rb").read(), m.name
    elif m.issym():
        assert m.linkname == os.readlink(m.name)
    elif m.islnk():
        assert os.lstat(m.linkname).st_ino == st.st_ino
tree = ["src"]
def walk(d):
    for n in sorted(os.listdir(d), key=os.fsencode):
        p = d + "/" + n
        tree.append(p)
        if os.path.isdir(p) and not os.path.islink(p):
            walk(p)
walk("src")
assert names == tree, (names, tree)
END
		done
	done
}

@test "unzip, 7z and cpio read back the content" {
	require_command unzip 7z cpio
	make_tree basic src
	decant pack -f a.zip src
	decant pack -f a.7z src
	decant pack -f a.cpio src
	unzip -q a.zip -d zip
	7z x -o7z a.7z >/dev/null
	mkdir cpio
	(cd cpio && cpio -idm --quiet <../a.cpio)
	for how in zip 7z cpio; do
		diff -r --no-dereference src "$how/src"
	done
}

@test "directories of a cpio are directories" {
	mkdir -p tree/one/two tree/other
	decant pack -f a.cpio tree
	decant unpack -C out a.cpio
	assert_equal "$(cd out && find . | sort)" "$(printf '%s\n' . ./tree ./tree/one ./tree/one/two ./tree/other)"
	# numbers of files that are all 0, as some write them
	decant pack --reproducible -f b.cpio tree
	sed 's/\(07070100000000000041ed0000000000000000\)00000001/\100000002/g' b.cpio >c.cpio
	run -1 cmp -s b.cpio c.cpio
	decant unpack -C out2 c.cpio
	assert_dir_exist out2/tree/one/two
}

@test "hard links in a cpio, and none in a zip" {
	require_command cpio unzip
	make_tree links src
	rm -f src/dangling2
	decant pack -f a.cpio src
	mkdir back
	(cd back && cpio -idm --quiet <../a.cpio)
	[ back/src/a/first -ef back/src/c/second ]
	diff -r --no-dereference src back/src
	decant pack -f a.zip src
	unzip -q a.zip -d zip
	diff -r --no-dereference src zip/src
}

@test "through a pipe, into tar" {
	make_tree basic src
	data 3000000 >src/big
	mkdir back
	decant pack -f - src | tar -x -C back
	same_listing src back/src
	decant pack -f - --compress=zstd src | zstd -d | tar -t >names
	assert_equal "$(wc -l <names)" "$(find src | wc -l)"
}

@test "one worker and many make the same bytes" {
	tree_py small src/a 700
	make_tree basic src/b
	decant pack -j1 -f 1.tar src
	decant pack -j8 -f 8.tar src
	(ulimit -n 40 && decant pack -j2 -f 2.tar src)
	cmp 1.tar 8.tar
	cmp 1.tar 2.tar
}

@test "--reproducible: a copy of the tree makes the same bytes" {
	make_tree basic src
	make_tree links src/links
	make_tree sparse src/sparse
	[ "$(id -u)" -ne 0 ] || chown -R 1234:4321 src/sub
	cp -a --sparse=never src copy
	[ "$(id -u)" -ne 0 ] || chown -R 5:6 copy
	decant pack --reproducible -C src -f a.tar.zst .
	decant pack --reproducible -C copy -f b.tar.zst .
	cmp a.tar.zst b.tar.zst
	touch src/one
	touch -d '2020-01-01' copy/one
	SOURCE_DATE_EPOCH=1000000000 decant pack --reproducible -C src -f a.tar .
	SOURCE_DATE_EPOCH=1000000000 decant pack --reproducible -C copy -f b.tar .
	cmp a.tar b.tar
	assert_equal "$(tar -tvf a.tar --utc --numeric-owner one | awk '{ print $2, $4, $5 }')" \
		'0/0 2001-09-09 01:46'
}

@test "--mtime gives every entry one time" {
	make_tree basic src
	decant pack --mtime=@1234567890 -f a.tar src
	assert_equal "$(tar -tvf a.tar --utc --full-time | awk '{ print $4, $5 }' | sort -u)" \
		'2009-02-13 23:31:30'
	run -2 decant pack --mtime=today -f a.tar src
	assert_output --partial '@SECONDS'
}

@test "--hash prints digests of both streams" {
	make_tree basic src
	run -0 decant pack --hash=sha256,xxh128 -f a.tar.gz src
	assert_line "sha256:$(sha256sum a.tar.gz | cut -d' ' -f1)  a.tar.gz"
	assert_line "sha256:$(gzip -dc a.tar.gz | sha256sum | cut -d' ' -f1)  a.tar.gz (uncompressed)"
	assert_equal "${#lines[@]}" 4
	decant pack --hash=sha256 -f - src 2>told >a.tar
	assert_equal "$(cat told)" "sha256:$(sha256sum a.tar | cut -d' ' -f1)  stdout"
}

@test "an uncompressed archive of a big file: no byte passes through user space" {
	require_calls
	mkdir src
	data $((4 << 20)) >src/big
	strace -f -qq -o calls -e trace=read,pread64,write,pwrite64,copy_file_range "$DECANT" pack -f a.tar src/big
	grep -q copy_file_range calls || fail "no copy_file_range"
	# What is read and written beside it is headers and lists.
	awk '/write|read/ && $NF ~ /^[0-9]+$/ && $NF > 40000 { bad = 1; print } END { exit bad }' calls
	tar -df a.tar
	strace -f -qq -o calls -e trace=pread64,splice "$DECANT" pack -f - src/big | cmp - a.tar
	grep -q splice calls || fail "no splice"
	awk '/pread/ && $NF ~ /^[0-9]+$/ && $NF > 40000 { bad = 1; print } END { exit bad }' calls
}

@test "--align: content of big files starts at multiples of 4096" {
	local i
	mkdir src
	for i in 1 2 3 4 5 6 7; do
		data $((70000 + i * 777)) >"src/f$i"
		data "$i" >"src/s$i"
		# Without a fraction a file has no extended header of its own.
		[ $((i % 2)) -eq 0 ] || touch -d "@$i" "src/f$i"
	done
	decant pack --align -f a.tar src
	"$PYTHON" -c 'import tarfile
for m in tarfile.open("a.tar"):
    assert m.size < 4096 or m.offset_data % 4096 == 0, (m.name, m.offset_data)'
	tar -df a.tar
	if command -v bsdtar; then assert_equal "$(bsdtar -tf a.tar | wc -l)" 15; fi
	decant pack --align --hash=xxh64 -f b.tar src
	cmp a.tar b.tar
	run -2 decant pack --align -f a.tar.gz src
}

# packed_while CHANGE: pack src/file, 4 MiB, to a pipe; when its header has been read, CHANGE it
packed_while() {
	mkdir -p src
	data $((4 << 20)) >src/file
	echo after >src/later
	cp src/file before
	"$PYTHON" - "$1" <<'END'
import os, subprocess, sys
p = subprocess.Popen([os.environ["DECANT"], "pack", "-f", "-", "src"], stdout=subprocess.PIPE,
                     stderr=open("told", "w"))
head = p.stdout.read(1 << 19)
exec(sys.argv[1])
open("a.tar", "wb").write(head + p.stdout.read())
sys.exit(p.wait())
END
}

@test "a file that shrinks while it is packed: zeros, named, exit 4 (row 33)" {
	run -4 packed_while 'os.truncate("src/file", 2 << 20)'
	assert_equal "$(cat told)" "decant: changed while read 'src/file'" ||
		grep -q "'src/file'" told
	mkdir back
	tar -xf a.tar -C back
	assert_equal "$(stat -c %s back/src/file)" $((4 << 20))
	cmp -n $((2 << 20)) back/src/file before
	cmp -n $((2 << 20)) <(tail -c $((2 << 20)) back/src/file) /dev/zero
	cmp back/src/later src/later
}

@test "a sparse file that changes while it is read is packed as it is then" {
	require_command strace
	local change
	mkdir src
	for change in 'truncate -s 5000 src/file' \
		'printf more | dd of=src/file bs=1 seek=100 conv=notrunc status=none'; do
		rm -f src/file
		truncate -s 60000 src/file
		printf data | dd of=src/file bs=1 seek=59000 conv=notrunc status=none
		(sleep 0.3 && eval "$change") &
		inj_at src/file pread64:delay_enter=1000000:when=1 \
			"$DECANT" pack -f a.tar src
		wait
		tar -xOf a.tar src/file | cmp - src/file
	done
}

@test "a file that grows while it is packed: cut, named, exit 4" {
	run -4 packed_while 'open("src/file", "ab").write(b"more")'
	grep -q "'src/file'" told
	mkdir back
	tar -xf a.tar -C back
	cmp back/src/file before
	cmp back/src/later src/later
}

@test "an unreadable file is named, the rest is packed, exit 1" {
	require_nobody
	make_tree basic src
	chmod 0000 src/sub/two
	chmod 0755 .
	mkdir -m 0777 out
	run -1 setpriv --reuid=65534 --regid=65534 --clear-groups "$DECANT" pack -f out/a.tar src
	assert_output "decant: cannot read 'src/sub/two': Permission denied"
	run tar -tf out/a.tar
	refute_line src/sub/two
	assert_line src/sub/mega
}

@test "what is missing: a named one is an error, a socket a remark" {
	mkdir src
	"$PYTHON" -c 'import socket; socket.socket(socket.AF_UNIX).bind("src/socket")'
	echo x >src/x
	run -1 decant pack -f a.tar src nowhere
	assert_line --partial "'nowhere'"
	assert_line "decant: 'src/socket' is left out: archives have no sockets"
	assert_equal "$(tar -tf a.tar | tr '\n' ' ')" 'src/ src/x '
}

@test "the archive is not in itself, nor is the one that it replaces" {
	mkdir src
	echo x >src/x
	decant pack -f src/a.tar src
	run -0 decant pack -f src/a.tar src
	assert_output "decant: 'src/a.tar' is left out: it is the archive"
	assert_equal "$(tar -tf src/a.tar | tr '\n' ' ')" 'src/ src/x '
	decant pack -f - src/x src >src/b.tar 2>/dev/null
	assert_equal "$(tar -tf src/b.tar | tr '\n' ' ')" 'src/x src/ src/a.tar src/x '
}

@test "SIGINT leaves no archive" {
	mkdir src
	data $((1 << 20)) >src/big
	mkfifo list
	echo old >a.tar
	exec 9<>list
	# bash has its background jobs ignore SIGINT.
	env --default-signal=INT "$DECANT" pack -j2 -f a.tar --files-from=list 9>&- &
	local pid=$!
	echo src/big >&9
	# With all its threads it waits for more of the list.
	wait_until grep -qE '^Threads:.*[4-9]' "/proc/$pid/status"
	kill -INT "$pid"
	local status=0
	wait "$pid" || status=$?
	exec 9>&-
	assert_equal "$status" 130
	assert_equal "$(cat a.tar)" old
	assert_equal "$(find . -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' ')" 'a.tar list src '
}

@test "a full destination: exit 3, no archive" {
	make_tree basic src
	run -3 decant pack --format=pax -f /dev/full src
	assert_output --partial "decant: stopped: /dev/full is full"
	run -3 bash -c 'ulimit -f 100 && exec "$DECANT" pack -f a.tar src'
	assert_output --partial "'a.tar': File too large"
	run -3 bash -c 'ulimit -f 100 && exec "$DECANT" pack -f a.tar.gz src'
	assert_output --partial "'a.tar.gz': File too large"
	assert_equal "$(find . -mindepth 1 -maxdepth 1 -printf '%f\n')" src
}

@test "names: leading slashes and what is above are cut, -C, --exclude, --files-from" {
	make_tree basic src
	run -0 decant pack -f a.tar "$PWD/src/one"
	assert_output "decant: names in the archive begin without '/'"
	assert_equal "$(tar -tf a.tar)" "${PWD#/}/src/one"
	(cd src/sub && decant pack -q -f ../../a.tar ../one ../empty)
	assert_equal "$(tar -tf a.tar | tr '\n' ' ')" 'one empty/ '
	decant pack -C src -f a.tar sub one --exclude=deeper
	assert_equal "$(tar -tf a.tar | tr '\n' ' ')" 'sub/ sub/mega sub/two one '
	printf 'sub/two\0sub\0' | decant pack -C src -f a.tar --files-from=- --from0
	assert_equal "$(tar -tf a.tar | tr '\n' ' ')" 'sub/two sub/ '
	decant pack -C src -L -f a.tar pointer
	assert_equal "$(tar -xOf a.tar pointer)" two
	decant pack -C src -H -f a.tar pointer .
	assert_equal "$(tar -tvf a.tar | grep -c ^l)" 1
}

@test "-v, --json and --dry-run name the members" {
	make_tree links src
	rm -f src/dangling2
	run -0 decant pack -v -f a.tar src
	assert_line --regexp '^\+ new +7 B  src/a/b/third$'
	assert_line --regexp '^> hard link +src/a/first +-> src/a/b/third$'
	run -0 decant pack --dry-run -f b.tar src
	assert_line --regexp '^> hard link +src/a/first'
	[ ! -e b.tar ]
	decant pack --json -f a.tar src >events
	assert_equal "$(jq -r 'select(.type == "item") | .path' events)" "$(tar -tf a.tar | sed 's|/$||')"
}

@test "small files are packed in bounded memory" {
	require_count
	tree_py small src 50000
	counted "$DECANT" pack -j4 -f a.tar src
	echo "# $KIB KiB resident" >&3
	[ "$KIB" -le 65536 ]
	counted "$DECANT" pack -j1 -f a.tar.zst src
	echo "# $KIB KiB resident, compressing" >&3
	[ "$KIB" -le 65536 ]
	assert_equal "$(tar -tf a.tar | wc -l)" 50001
}

@test "members on many threads stay below 64 MiB, compressed in pieces" {
	require_count
	tree_py small src 50000
	for how in zstd gzip; do
		for jobs in 2 8; do
			counted "$DECANT" pack -j$jobs --compress=$how -f a.tar src
			echo "# $KIB KiB resident, $how -j$jobs" >&3
			[ "$KIB" -le 65536 ]
		done
	done
	head -c 100M /dev/urandom >src/noise
	counted "$DECANT" pack -j8 -f a.tar.zst src
	echo "# $KIB KiB resident, of what does not become smaller" >&3
	[ "$KIB" -le 65536 ]
}

@test "a million empty members in bounded memory" {
	require_slow
	require_count
	mkdir src
	"$PYTHON" - <<'END'
import os
for i in range(1000):
    os.mkdir(f"src/{i}")
    for j in range(1000):
        os.close(os.open(f"src/{i}/{j}", os.O_CREAT | os.O_WRONLY))
END
	for how in none zstd gzip; do
		counted "$DECANT" pack --compress=$how -f a.tar src
		echo "# $KIB KiB resident, $how" >&3
		[ "$KIB" -le 65536 ]
	done
}

@test "zstd and gzip: any number of threads makes the same bytes" {
	make_tree basic src
	"$PYTHON" -c 'import random; random.seed(1); print(*[random.random() for i in range(900000)], sep="\n")' >src/numbers
	for how in zstd gzip; do
		decant pack -j1 --compress=$how -f a.tar src
		decant pack -j7 --compress=$how -f b.tar src
		cmp a.tar b.tar
		$how -dc <b.tar | tar -df -
		decant pack -j1 --reproducible --compress=$how -f a.tar src
		decant pack -j3 --reproducible --compress=$how -f b.tar src
		cmp a.tar b.tar
	done
	# nothing at all is a whole stream, too
	: >list
	decant pack --files-from=list -f none.tar.zst
	zstd -dcq none.tar.zst | tar -tf -
}

# frames FILE: the sizes of each frame as the index at the end of FILE has them, packed and not
frames() {
	"$PYTHON" - "$1" <<'END'
import struct, sys
b = open(sys.argv[1], "rb").read()
n, flags, magic = struct.unpack("<IBI", b[-9:])
assert magic == 0x8F92EAB1 and flags == 0, (hex(magic), flags)
head = len(b) - 9 - 8 * n - 8
assert struct.unpack("<II", b[head:head + 8]) == (0x184D2A5E, 8 * n + 9)
sizes = [struct.unpack("<II", b[at:at + 8]) for at in range(head + 8, len(b) - 9, 8)]
assert sum(s[0] for s in sizes) == head
for s in sizes:
    print(*s)
END
}

@test "--seekable: an index of frames, which others ignore" {
	make_tree basic src
	"$PYTHON" -c 'import random; random.seed(2); print(*[random.random() for i in range(900000)], sep="\n")' >src/numbers
	decant pack --seekable -f a.tar.zst src
	zstd -qt a.tar.zst
	zstd -dcq a.tar.zst >plain.tar
	frames a.tar.zst >sizes
	assert_equal "$(awk '{ n += $2 } END { print n }' sizes)" "$(stat -c %s plain.tar)"
	[ "$(wc -l <sizes)" -gt 3 ]
	tar --zstd -df a.tar.zst
	decant pack --seekable --level=19 -f high.tar.zst src/numbers
	[ "$(frames high.tar.zst | wc -l)" -gt 3 ]
	if command -v bsdtar >/dev/null; then
		assert_equal "$(bsdtar -tf a.tar.zst)" "$(tar -tf plain.tar)"
	fi
	mkdir back
	decant unpack -C back a.tar.zst
	same_listing src back/src
	assert_equal "$(decant list a.tar.zst)" "$(decant list plain.tar)"
	# as a stream, and with digests of both, it is read as any other
	assert_equal "$(decant list - <a.tar.zst)" "$(decant list plain.tar)"
	run -2 decant pack --seekable -f a.tar.gz src
	assert_output --partial '--seekable is of archives that zstd compresses only'
}

# edited FROM TO PYTHON: a copy of FROM, its bytes B changed by PYTHON
edited() {
	"$PYTHON" - "$@" <<'END'
import struct, sys
b = bytearray(open(sys.argv[1], "rb").read())
n = struct.unpack("<I", b[-9:-5])[0]
index = len(b) - 9 - 8 * n
def add(at, n):
    b[at:at + 4] = struct.pack("<I", struct.unpack("<I", b[at:at + 4])[0] + n)
exec(sys.argv[3])
open(sys.argv[2], "wb").write(b)
END
}

@test "--seekable: an index that lies is damage, one that is none is not used" {
	mkdir src
	"$PYTHON" -c 'import random; random.seed(3); print(*[random.random() for i in range(900000)], sep="\n")' >src/numbers
	: >src/z
	decant pack --seekable -f a.tar.zst src
	for lie in 'b[index + 4] ^= 1' 'b[index + 8 + 4] ^= 1' 'b[index // 2] ^= 1' \
		'add(index, 1); add(index + 8, -1)'; do
		edited a.tar.zst b.tar.zst "$lie"
		run -6 decant list b.tar.zst
		assert_output --partial 'a frame is damaged, or not what the index says'
	done
	for other in 'b[-1] ^= 1' 'b[-5] |= 4' 'add(index, 1)' 'add(len(b) - 9, 1)' \
		'b[index + 4:index + 8] = bytes(4)' 'b[index + 4:index + 8] = b"\377" * 4' \
		'b[-9:-5] = b"\377" * 4' 'del b[index - 8:]'; do
		edited a.tar.zst b.tar.zst "$other"
		run decant list b.tar.zst
		assert_line --regexp ' src/z$'
	done
}

@test "--manifest: what was packed, as hash says it of the tree" {
	make_tree basic src
	make_tree links src/links
	"$PYTHON" -c 'print("x" * 300000)' >src/big
	truncate -s 2M src/hole
	printf y >>src/hole
	printf other >src/n$'\303\244'me
	decant hash --manifest=wanted --hash=xxh128,sha256 src >/dev/null
	for how in '--compress=none' '--compress=zstd' '--align' '--reproducible' '--format=cpio'; do
		run -0 decant pack $how --hash=xxh128,sha256 --manifest=m -C src -f a.tar .
		cmp m wanted
	done
	decant pack --manifest=m -f - src | decant list - >/dev/null
	mkdir tree
	cp -a src tree
	run -0 decant verify m tree
	# names are those of the members
	grep -q ' src/big$' m
	# it does not pack itself, nor what it replaces
	cp m src/m
	decant pack --manifest=src/m -f a.tar src
	run ! grep "src/m\$" <(tar -tf a.tar)
	# an archive that does not appear has none
	rm m
	mkdir dir.tar
	run ! decant pack --manifest=m -f dir.tar src
	[ ! -e m ]
	run -2 decant pack --manifest=m --dry-run -f a.tar src
}

@test "deep trees, with few descriptors" {
	DEPTH=300 make_tree deep src
	(ulimit -n 40 && decant pack -j2 -f a.tar src)
	mkdir back
	tar -xf a.tar -C back
	same_listing src back/src
}

@test "usage" {
	run -2 decant pack src
	assert_output --partial 'use -f ARCHIVE'
	run -2 decant pack -f a.tar
	run -2 decant pack -f a.xyz .
	assert_output --partial "cannot tell the format of 'a.xyz'"
	run -2 decant pack -f a.zip --compress=zstd .
	run -2 decant pack -f a.tar --level=3 .
	run -2 decant pack -f a.tgz --level=12 .
	run -2 decant pack -f - --json .
	run -2 decant pack -z -f a.tar .
	assert_output --partial "use '--compress=gzip'"
	run -3 decant pack -f nowhere/a.tar .
	run -3 decant pack -C nowhere -f a.tar .
}
