# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Small file systems of each kind, in memory: loop images of ext4, xfs and btrfs, and a tmpfs.
# Call images_make from setup_file and images_drop from teardown_file; then on_fs NAME in a test.

# images_make KIND...: mount $IMAGES/KIND for each; those that cannot be made leave a reason behind
images_make() {
	local base=/dev/shm kind
	[ -d "$base" ] && [ -w "$base" ] || base=$BATS_FILE_TMPDIR
	IMAGES=$(mktemp -d "$base/decant-test.XXXXXX")
	export IMAGES
	for kind; do
		image_make "$kind" 400M >"$IMAGES/$kind.log" 2>&1 ||
			echo "${kind%%-*} cannot be mounted: $(tail -n 1 "$IMAGES/$kind.log")" >"$IMAGES/$kind.reason"
	done
}

# image_make NAME SIZE: NAME is a kind, or a kind, '-' and a word
image_make() {
	local kind=${1%%-*} image=$IMAGES/$1.img
	mkdir -p "$IMAGES/$1"
	if [ "$(id -u)" -ne 0 ]; then
		echo "needs root"
		return 1
	fi
	if [ "$kind" = tmpfs ]; then
		mount -t tmpfs -o "size=$2" decant-test "$IMAGES/$1"
		return
	fi
	truncate -s "$2" "$image" || return
	case $kind in
	# Blocks of 4 KiB also where the default would be 1 KiB: attributes must fit one block.
	ext4) mkfs.ext4 -q -F -m 0 -b 4096 "$image" ;;
	xfs) mkfs.xfs -q -f -m reflink=1 "$image" ;;
	btrfs) mkfs.btrfs -q -f "$image" ;;
	*) echo "no such kind" && return 1 ;;
	esac && mount -o loop "$image" "$IMAGES/$1"
}

# on_fs NAME: go to a fresh directory of that image, $FS; skip with the reason if there is none
# Without an image of ext4 the test's own folder will do, if that is on one.
on_fs() {
	if [ -e "$IMAGES/$1.reason" ]; then
		if [ "$1" = ext4 ] && [ "$(stat -f -c %T "$BATS_TEST_TMPDIR")" = ext2/ext3 ]; then
			FS=$BATS_TEST_TMPDIR
			cd "$FS" || return
			return 0
		fi
		skip "$(cat "$IMAGES/$1.reason")"
	fi
	FS=$(mktemp -d "$IMAGES/$1/test.XXXXXX")
	cd "$FS" || return
}

# prefer_fs NAME: as on_fs where that image is mounted; else stay here
prefer_fs() {
	[ -e "$IMAGES/$1.reason" ] || on_fs "$1"
}

# images_drop: unmount and remove everything that images_make made
images_drop() {
	local mounted
	[ -n "${IMAGES:-}" ] || return 0
	cd / || return
	# Deepest first; a test that failed may have left mounts of its own inside.
	while read -r mounted; do
		umount "$mounted" || umount -l "$mounted" || true
	done < <(awk -v top="$IMAGES/" 'index($2, top) == 1 { print $2 }' /proc/self/mounts | sort -r)
	rm -rf "$IMAGES"
}
