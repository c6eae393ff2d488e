#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the benchmarks need beside a shell: corpora made from a seed, a clock, and a median.

small DIR FILES DIRS    FILES files, sizes lognormal around 2 KiB, in DIRS directories
flat DIR FILES          FILES files of such sizes in one directory
empty DIR FILES DIRS    FILES empty files, in DIRS directories (DIRS 0: in DIR itself)
dirs DIR COUNT          COUNT directories in a tree of 100 entries a level
big FILE BYTES          one file of bytes that do not compress
sparse FILE BYTES       one file with 64 KiB of data in every 16 MiB
timed N COMMAND...      run COMMAND N times, '{}' in it being 1..N; print the median seconds of one
usage COMMAND...        run COMMAND; print its exit status, seconds and the most KiB it had resident
median < NUMBERS        print the median
"""
import math
import os
import random
import resource
import statistics
import sys
import time

SEED = 20261121
MEAN_SIZE = 2048
SIGMA = 1.0
LARGEST = 1 << 17


def write_file(directory, name, content):
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=directory)
    if content:
        os.write(fd, content)
    os.close(fd)


def open_dir(path):
    os.makedirs(path, exist_ok=True)
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY)


def make_small(root, files, dirs):
    dice = random.Random(SEED)
    pool = memoryview(dice.randbytes(2 * LARGEST))
    for d in range(dirs):
        fd = open_dir("%s/d%02d/%03d" % (root, d // 100, d % 100))
        for number in range(files * d // dirs, files * (d + 1) // dirs):
            size = min(int(dice.lognormvariate(math.log(MEAN_SIZE), SIGMA)), LARGEST)
            start = dice.randrange(LARGEST)
            write_file(fd, "file-%06d" % number, pool[start:start + size])
        os.close(fd)


def make_flat(root, files):
    dice = random.Random(SEED)
    pool = memoryview(dice.randbytes(2 * LARGEST))
    fd = open_dir(root)
    for number in range(files):
        size = min(int(dice.lognormvariate(math.log(MEAN_SIZE), SIGMA)), LARGEST)
        start = dice.randrange(LARGEST)
        write_file(fd, "file-%06d" % number, pool[start:start + size])
    os.close(fd)


def make_empty(root, files, dirs):
    for d in range(max(dirs, 1)):
        fd = open_dir("%s/d%04d" % (root, d) if dirs else root)
        for number in range(files // max(dirs, 1)):
            write_file(fd, "f%07d" % number, None)
        os.close(fd)


def make_dirs(root, count):
    os.makedirs(root)
    level = [root]
    while count > 0:
        below = []
        for parent in level:
            for number in range(min(100, count)):
                below.append("%s/d%02d" % (parent, number))
                os.mkdir(below[-1])
                count -= 1
        level = below


def make_big(path, size):
    dice = random.Random(SEED)
    block = bytearray(dice.randbytes(1 << 20))
    with open(path, "wb") as out:
        for number in range(size >> 20):
            block[0:8] = number.to_bytes(8, "big")
            out.write(block)


def make_sparse(path, size):
    data = random.Random(SEED).randbytes(1 << 16)
    with open(path, "wb") as out:
        out.truncate(size)
        for at in range(0, size, 1 << 24):
            out.seek(at)
            out.write(data)


def run(command):
    pid = os.posix_spawnp(command[0], command, os.environ)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def timed(count, command):
    seconds = []
    for number in range(1, count + 1):
        words = [word.replace("{}", str(number)) for word in command]
        start = time.perf_counter_ns()
        status = run(words)
        seconds.append((time.perf_counter_ns() - start) * 1e-9)
        if status != 0:
            sys.exit("%s: exit %d" % (" ".join(words), status))
    print("%.6f" % statistics.median(seconds))


def usage(command):
    start = time.perf_counter_ns()
    status = run(command)
    seconds = (time.perf_counter_ns() - start) * 1e-9
    # Never less than this interpreter has itself: the kernel carries the peak over exec.
    print("%d %.3f %d" % (status, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))


def main(args):
    verb, rest = args[1], args[2:]
    if verb == "small":
        make_small(rest[0], int(rest[1]), int(rest[2]))
    elif verb == "flat":
        make_flat(rest[0], int(rest[1]))
    elif verb == "empty":
        make_empty(rest[0], int(rest[1]), int(rest[2]))
    elif verb == "dirs":
        make_dirs(rest[0], int(rest[1]))
    elif verb == "big":
        make_big(rest[0], int(rest[1]))
    elif verb == "sparse":
        make_sparse(rest[0], int(rest[1]))
    elif verb == "timed":
        timed(int(rest[0]), rest[1:])
    elif verb == "usage":
        usage(rest)
    elif verb == "median":
        print("%.6f" % statistics.median(float(line) for line in sys.stdin))
    else:
        sys.exit("tool.py: unknown verb " + verb)


main(sys.argv)
