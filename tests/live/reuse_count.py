#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the programs of a BPF object until SIGTERM: reuse_count.py OBJECT MAP NUMBER.

Prints "ready" when they run, and at the end the first NUMBER values of an array of 64-bit counters.
"""
import ctypes
import os
import signal
import sys

libbpf = ctypes.CDLL("libbpf.so.1", use_errno=True)


def function(name, result, *arguments):
    call = getattr(libbpf, name)
    call.restype, call.argtypes = result, arguments
    return call


POINTER, TEXT = ctypes.c_void_p, ctypes.c_char_p
open_object = function("bpf_object__open_file", POINTER, TEXT, POINTER)
load = function("bpf_object__load", ctypes.c_int, POINTER)
next_program = function("bpf_object__next_program", POINTER, POINTER, POINTER)
attach = function("bpf_program__attach", POINTER, POINTER)
find_map = function("bpf_object__find_map_fd_by_name", ctypes.c_int, POINTER, TEXT)
look_up = function("bpf_map_lookup_elem", ctypes.c_int, ctypes.c_int, POINTER, POINTER)


def check(good, what):
    if not good:
        sys.exit(f"{what}: {os.strerror(ctypes.get_errno())}")


def run(path):
    """Objects that it loads and attaches end with this process."""
    programs = open_object(path.encode(), None)
    check(programs, f"cannot open {path}")
    check(load(programs) == 0, f"cannot load {path}")
    program = next_program(programs, None)
    while program:
        check(attach(program), f"cannot attach a program of {path}")
        program = next_program(programs, program)
    return programs


def counter(fd, index):
    key, value = ctypes.c_uint32(index), ctypes.c_uint64()
    check(look_up(fd, ctypes.byref(key), ctypes.byref(value)) == 0, f"cannot read counter {index}")
    return value.value


def main():
    path, name, number = sys.argv[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    programs = run(path)
    fd = find_map(programs, name.encode())
    check(fd >= 0, f"no map {name} in {path}")
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM})
    print(*(counter(fd, index) for index in range(int(number))))


if __name__ == "__main__":
    main()
