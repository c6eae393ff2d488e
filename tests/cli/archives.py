#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Archives that no tool would make.

hostile FILE CANARY     a tar with every way out of its directory; CANARY is a directory outside
members FILE N          a tar of N empty files in directories of 1,000
sparse FILE SIZE        a tar with a sparse file of SIZE bytes that holds four
cpio-links FILE         a cpio (newc) whose content comes with the last of three names
damage PROGRAM SEED N   the archives in the current directory, cut short and with a bit flipped, N of each;
                        PROGRAM unpacks them; prints what is not as promised
"""
import io
import os
import random
import resource
import shutil
import subprocess
import sys
import tarfile


def add(tar, name, kind=tarfile.REGTYPE, data=b"", link="", mode=0o644, **more):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname, info.mode = kind, len(data), link, mode
    for key, value in more.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))


def hostile(path, canary):
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as t:
        evil = b"evil"
        add(t, "ok/first", data=b"first")
        add(t, "../canary/up", data=evil)
        add(t, "ok/../../canary/up", data=evil)
        add(t, canary + "/absolute", data=evil)
        add(t, "..", tarfile.DIRTYPE, mode=0o777)
        # through a link that the archive made: relative, absolute, for files and directories
        add(t, "ok/link", tarfile.SYMTYPE, link="../../canary")
        add(t, "ok/link/through", data=evil)
        add(t, "ok/link/dir/", tarfile.DIRTYPE, mode=0o777)
        add(t, "ok/link/", tarfile.DIRTYPE, mode=0o777)
        add(t, "ok/away", tarfile.SYMTYPE, link=canary)
        add(t, "ok/away/through", data=evil)
        add(t, "ok/away/hard", tarfile.LNKTYPE, link="ok/first")
        # hard links to what was there before, through a link, and out
        add(t, "ok/hard1", tarfile.LNKTYPE, link="../canary/secret")
        add(t, "ok/hard2", tarfile.LNKTYPE, link=canary + "/secret")
        add(t, "ok/hard3", tarfile.LNKTYPE, link="ok/link/secret")
        add(t, "ok/hard4", tarfile.LNKTYPE, link="before")
        add(t, "ok/hard5", tarfile.LNKTYPE, link="nothing")
        # a link in place of which a file comes, and the other way round
        add(t, "ok/turn", tarfile.SYMTYPE, link="../../canary/secret")
        add(t, "ok/turn", data=b"turned")
        add(t, "ok/made", data=b"made")
        add(t, "ok/linked", tarfile.LNKTYPE, link="ok/made")
        add(t, "ok/dir", tarfile.DIRTYPE)
        add(t, "ok/dir", tarfile.SYMTYPE, link=canary)
        add(t, "ok/dir/inside", data=b"inside")
        add(t, "ok/twice", data=b"one")
        add(t, "ok/twice", data=b"two")
        add(t, "ok/Case", data=b"upper")
        add(t, "ok/case", data=b"lower")
        add(t, "ok/file", data=b"file")
        add(t, "ok/file/below", data=evil)
        add(t, "ok/suid", data=b"x", mode=0o6755)
        add(t, "ok/shut/", tarfile.DIRTYPE, mode=0)
        add(t, "ok/shut/inside", data=b"x")
        add(t, "ok/null", tarfile.CHRTYPE, devmajor=1, devminor=3)
        add(t, "d/" * 2000 + "deep", data=b"deep")
        add(t, "n" * 65000, data=evil)
        add(t, "p/" + "q" * 300, data=evil)
        add(t, "ok/esc\x1b[31m", data=b"x")
        add(t, "", data=evil)
        add(t, "ok/last", data=b"last")


def members(path, n):
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as t:
        for i in range(n):
            add(t, "%04d/%04d" % (i // 1000, i % 1000))


def sparse(path, size):
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as t:
        head = b"1\n%d\n4\n" % (size - 4)
        add(t, "GNUSparseFile.0/sparse", data=head.ljust(512, b"\0") + b"tail", pax_headers={
            "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "sparse",
            "GNU.sparse.realsize": str(size)})


def cpio_links(path):
    def header(name, data, nlink=3, ino=7):
        fields = (ino, 0o100444, 0, 0, nlink, 1000000000, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        out = b"070701" + b"".join(b"%08X" % f for f in fields) + name + b"\0"
        out += b"\0" * (-len(out) % 4)
        return out + data + b"\0" * (-len(data) % 4)
    with open(path, "wb") as f:
        f.write(header(b"a", b"") + header(b"b", b"") + header(b"c", b"content"))
        f.write(header(b"TRAILER!!!", b"", 1, 0))


# what is done with a damaged archive
VERBS = {
    "unpack": lambda victim: ["unpack", "-C", "out", victim],
    "verify": lambda victim: ["verify", victim],
    "sync": lambda victim: ["sync", "-a", "--delete", victim + "/", "out"],
}


def judge(command, name, what, data, most):
    program, verb = command
    victim = "victim" + name[name.index("."):]
    with open(victim, "wb") as f:
        f.write(data)
    shutil.rmtree("out", ignore_errors=True)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 26, 1 << 26))
    try:
        run = subprocess.run([program] + VERBS[verb](victim), capture_output=True, timeout=5,
                             preexec_fn=limit, check=False)
    except subprocess.TimeoutExpired:
        print(name, what, "takes more than 5 seconds")
        return
    if run.returncode not in (0, 1, 3, 5, 6):
        print(name, what, "exits with", run.returncode, run.stderr[-300:])
    if run.returncode != 0 and not run.stderr + run.stdout:
        print(name, what, "exits with", run.returncode, "and no word")
    # the largest of all children so far: the first one that is too large is named
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if used > most:
        sys.exit("%s %s takes %d KiB" % (name, what, used))


def damage(command, seed, n, most):
    rng = random.Random(seed)
    for name in sorted(f for f in os.listdir(".") if f.startswith("sound.")):
        with open(name, "rb") as f:
            data = f.read()
        for _ in range(n // 2):
            at = rng.randrange(len(data))
            judge(command, name, "cut at %d" % at, data[:at], most)
            at, bit = rng.randrange(len(data)), rng.randrange(8)
            flipped = bytearray(data)
            flipped[at] ^= 1 << bit
            judge(command, name, "bit %d of %d" % (bit, at), bytes(flipped), most)


def main():
    verb, args = sys.argv[1], sys.argv[2:]
    if verb == "hostile":
        hostile(*args)
    elif verb == "members":
        members(args[0], int(args[1]))
    elif verb == "sparse":
        sparse(args[0], int(args[1]))
    elif verb == "cpio-links":
        cpio_links(*args)
    elif verb == "damage":
        damage(args[0:2], int(args[2]), int(args[3]), float(args[4]))


main()
