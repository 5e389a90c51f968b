#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""output.py BUILD: where the commands that convert a log write their output, what happens to a file that
is already there, and the messages for unusual logs and names."""
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import packets
from checks import expect, run_all

BUILD = Path(sys.argv[1])
PKTMON, MAKE_LOG = BUILD / "cli/pktmon", BUILD / "tests/etl/make_event_log"
WORK = Path(tempfile.mkdtemp(prefix="pktmon-output."))
CONVERTERS = ("etl2pcap", "etl2txt")


def run(*words, **how):
    return subprocess.run([PKTMON, *map(str, words)], capture_output=True, timeout=20, **how)


def make_log(name, component=7, count=20):
    data = packets.ethernet_packets()[0]
    tail = struct.pack("<HHHHHHHIIHH", 1, 1, 3, 1, component, 1, 0, 0, 0, len(data), len(data)) + data
    lines = "".join(f"{100 * i} 160 {struct.pack('<Q', i + 1).hex()}{tail.hex()}\n" for i in range(count))
    subprocess.run([MAKE_LOG, WORK / name], input=lines.encode(), check=True)
    return WORK / name


def names():
    return sorted(os.listdir(WORK))


# --- the tests ---

def a_component_0_is_listed():
    log = make_log("zero.etl", component=0)
    for words in ["list"], ["list", "--json"], ["counters"]:
        done = run(*words, log)
        expect(f"{words}: {done.stderr.decode()}", 0, done.returncode)
        expect(f"complaints of {words}", False, b"CRITICAL" in done.stderr)
        if words[0] == "list":
            expect("its name", 1, done.stdout.decode().count("component 0"))


def a_failed_command_leaves_what_stood_there():
    log = make_log("log.etl")
    (WORK / "no.etl").write_bytes(b"no log" * 1000)
    out = WORK / "kept"
    wrong = {"no such log": [WORK / "none.etl"], "no log": [WORK / "no.etl"],
             "the same log twice": [log, log], "nothing to choose": [log, "--max-memory", "1"]}
    for command in CONVERTERS:
        more = {**wrong, **({"no such component": [log, "-c", "999"]} if command == "etl2pcap" else {})}
        for what, words in more.items():
            out.write_text("precious")
            before = names()
            done = run(command, *words, "-o", out)
            expect(f"{command} with {what}: {done.stderr}", 1, done.returncode)
            expect(f"the file after {command} with {what}", "precious", out.read_text())
            expect(f"what stands beside it after {command} with {what}", before, names())
            out.unlink()
            run(command, *words, "-o", out)
            expect(f"a new file after {command} with {what}", False, out.exists())
        # A full disk.
        out.write_text("precious")
        large = make_log("large.etl", count=3000)
        done = subprocess.run(["sh", "-c", 'ulimit -f 100; exec "$@"', "sh", PKTMON, command, large, "-o", out],
                              capture_output=True)
        expect(f"{command} without room", 1, done.returncode)
        expect(f"the file after {command} without room", "precious", out.read_text())
        expect("what stands beside it", [], [name for name in names() if name.startswith(".")])


def a_file_keeps_its_mode_and_its_links():
    log = make_log("log.etl")
    folder = WORK / "elsewhere"
    folder.mkdir()
    for command in CONVERTERS:
        expect("converted", 0, run(command, log, "-o", folder / "new").returncode)
        expect("the mode of a new file", 0o600, (folder / "new").stat().st_mode & 0o777)
        whole = (folder / "new").read_bytes()
        (folder / "old").write_bytes(b"x" * 100000)
        (folder / "old").chmod(0o644)
        (WORK / "link").symlink_to("elsewhere/old")
        (WORK / "dangling").symlink_to("elsewhere/made")
        for name, target in ("link", "old"), ("dangling", "made"):
            expect("converted", 0, run(command, log, "-o", WORK / name).returncode)
            expect(f"{name} is a link", True, (WORK / name).is_symlink())
            expect(f"what {name} leads to", whole, (folder / target).read_bytes())
        expect("the mode of an old file", 0o644, (folder / "old").stat().st_mode & 0o777)
        (folder / "made").unlink()
        run(command, WORK / "none.etl", "-o", WORK / "dangling")
        expect("what a failure leaves behind a dangling link", False, (folder / "made").exists())
        for name in "link", "dangling":
            (WORK / name).unlink()
    shutil.rmtree(folder)


def the_log_itself_is_not_overwritten():
    log = make_log("log.etl")
    before = log.read_bytes()
    (WORK / "link").symlink_to("log.etl")
    for command in CONVERTERS:
        for name in log, WORK / "link":
            expect(f"-o {name}", 1, run(command, log, "-o", name).returncode)
        for how in ">>", "1<>":
            done = subprocess.run(["sh", "-c", f'exec "$0" "$@" {how}"$LOG"', PKTMON, command, log],
                                  stderr=subprocess.PIPE, env={**os.environ, "LOG": str(log)})
            expect(f"{command} {how} log: {done.stderr}", True, b"is the log itself" in done.stderr)
            expect("its status", 1, done.returncode)
        expect("the log", before, log.read_bytes())
    (WORK / "link").unlink()


def pipes_and_devices_are_written_and_stay():
    log = make_log("large.etl", count=3000)
    pipe = WORK / "pipe"
    os.mkfifo(pipe)
    for command in CONVERTERS:
        expect("/dev/null", 0, run(command, log, "-o", "/dev/null").returncode)
        expect("/dev/null is there", True, Path("/dev/null").is_char_device())
        whole = run(command, log, "-o", "-").stdout
        expect("/dev/stdout", whole, run(command, log, "-o", "/dev/stdout").stdout)
        with open(WORK / "redirected", "wb") as file:
            expect("redirected", 0, subprocess.run([PKTMON, command, log, "-o", "/dev/stdout"], stdout=file,
                                                   stderr=subprocess.DEVNULL).returncode)
        expect("its size", True, (WORK / "redirected").stat().st_size > 0.5 * len(whole))
        # A reader that leaves ends it; if the reader stays, the first SIGTERM does.
        for leaves in True, False:
            converter = subprocess.Popen([PKTMON, command, log, "-o", pipe], stderr=subprocess.DEVNULL)
            reader = os.open(pipe, os.O_RDONLY)
            os.read(reader, 1000)
            if leaves:
                os.close(reader)
                expect(f"{command} without a reader", 0, converter.wait(10))
            else:
                time.sleep(0.2)
                converter.terminate()
                expect(f"{command} after SIGTERM", -signal.SIGTERM, converter.wait(5))
                os.close(reader)
            expect("the pipe is there", True, pipe.is_fifo())
    pipe.unlink()


def a_stop_with_the_output_redirected_is_said():
    log = make_log("huge.etl", count=60000)
    for command in CONVERTERS:
        with open(WORK / "redirected", "wb") as file:
            converter = subprocess.Popen([PKTMON, command, log], stdout=file, stderr=subprocess.PIPE)
        while not (WORK / "redirected").stat().st_size:
            time.sleep(0.005)
        converter.terminate()
        said = converter.communicate(timeout=20)[1].decode()
        expect("the sentence", "pktmon: Stopped before the whole log was converted; the output is incomplete.\n",
               said)
        expect("the status", 1, converter.returncode)


def temporaries():
    return [name for name in names() if name.startswith(".pktmon-")]


def a_second_stop_leaves_nothing_behind():
    log, out = make_log("huge.etl", count=60000), WORK / "stopped"
    (WORK / "dangling").symlink_to("made")
    # Both signals come while it is stopped, so it cannot end between them. SIGQUIT ends it at once.
    for numbers in (signal.SIGINT, signal.SIGTERM), (signal.SIGHUP, signal.SIGINT), (signal.SIGQUIT,):
        for command in CONVERTERS:
            for name in out, WORK / "dangling":
                converter = subprocess.Popen([PKTMON, command, log, "-o", name], stderr=subprocess.DEVNULL)
                while not temporaries():
                    time.sleep(0.002)
                for number in signal.SIGSTOP, *numbers, signal.SIGCONT:
                    converter.send_signal(number)
                expect(f"{command} is ended by one of {numbers}", True, -converter.wait(10) in numbers)
                expect(f"what stands beside it after {command} and {numbers}", [], temporaries())
                expect("the output", (False, False), (out.exists(), (WORK / "made").exists()))
    # A user presses Ctrl-C twice.
    for _ in range(10):
        converter = subprocess.Popen([PKTMON, "etl2pcap", log, "-o", out], stderr=subprocess.DEVNULL)
        while not temporaries():
            time.sleep(0.002)
        converter.send_signal(signal.SIGINT)
        time.sleep(0.0001)
        converter.send_signal(signal.SIGINT)
        expect("it fails", True, converter.wait(10) in (1, -signal.SIGINT))
        expect("what Ctrl-C leaves", [], temporaries())
    (WORK / "dangling").unlink()


def the_status_tells_damage():
    log = make_log("whole.etl", count=3000)
    whole = log.read_bytes()
    second = struct.unpack("<I", whole[:4])[0]
    third = second + struct.unpack("<I", whole[second:second + 4])[0]
    cases = {"whole": (whole, 0), "cut": (whole[:-37], 2), "cut between buffers": (whole[:third], 2),
             "a damaged header": (whole[:third] + b"\x55" * 72 + whole[third + 72:], 2),
             "nothing but the first buffer": (whole[:second], 1),
             "nothing but zeros behind it": (whole[:second] + bytes(len(whole) - second), 1),
             "nothing but damage behind it": (whole[:second] + b"\x55" * (len(whole) - second), 1)}
    for what, (data, status) in cases.items():
        (WORK / "damaged.etl").write_bytes(data)
        for words in *([command, "-o", WORK / "out"] for command in CONVERTERS), ["list"], ["counters", "--json"]:
            done = run(words[0], WORK / "damaged.etl", *words[1:])
            said = done.stderr.decode()
            expect(f"{words[0]} of a log, {what}: {said}", status, done.returncode)
            expect(f"what {words[0]} warns of, {what}: {said}", status == 2, "could not be read" in said
                   or "copy it again" in said and "Warning" in said)
            if status == 1:
                expect("the sentence", "pktmon: The log's header is intact, but none of its events can be "
                                       "read: copy it again.\n", said)
            if "-o" in words:
                expect(f"the output of {words[0]}, {what}", status != 1, (WORK / "out").exists())
                (WORK / "out").unlink(missing_ok=True)


def odd_names_are_answered():
    log = make_log("log.etl")
    (WORK / "empty.etl").touch()
    for words, sentence in (
            (["etl2pcap", log, "-o", ""], "--out needs a file name"),
            (["etl2txt", log, "-o", ""], "--out needs a file name"),
            (["etl2txt", ""], "The name of the log is empty"),
            (["list", WORK / "empty.etl"], "empty.etl is empty: copy it again."),
            (["list", f"{WORK}/"], "is a folder: name the log in it"),
            (["list", WORK / "none.etl"], "Cannot read .*none.etl: No such file or directory. Check the name "
                                          "and the folder.")):
        done = run(*words)
        expect(f"{words}", 1, done.returncode)
        expect(f"{sentence} in {done.stderr.decode()}", True, bool(re.search(sentence, done.stderr.decode())))
    for command in *CONVERTERS, "list":
        done = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', PKTMON, command, log], capture_output=True)
        expect(f"{command}: {done.stderr}", True, b"Standard output is closed" in done.stderr)
        expect("its status", 1, done.returncode)


TESTS = [
    a_component_0_is_listed,
    a_failed_command_leaves_what_stood_there,
    a_file_keeps_its_mode_and_its_links,
    the_log_itself_is_not_overwritten,
    pipes_and_devices_are_written_and_stay,
    a_stop_with_the_output_redirected_is_said,
    a_second_stop_leaves_nothing_behind,
    the_status_tells_damage,
    odd_names_are_answered,
]


run_all(TESTS, WORK)
