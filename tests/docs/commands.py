#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""commands.py PROJECT SCRATCH: runs the commands of the pages, in the place that commands.sh has prepared.
commands.py PROJECT: only compares the pages' commands with the cases, which takes no root.

Every command of the pages has a case in cases.py: how it ends and what it prints, or why it cannot be
run. A command without a case is a failure, and so is a case whose command is on no page any more.
"""
import concurrent.futures
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import cases
import markdown

LIMIT_SECONDS = 40
AT_ONCE = 3
USER = os.environ.get("NEWCOMER", "")

# As on Debian.
USER_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
ROOT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Lines that programs print on success; any other line on standard error is a failure.
GOOD_WORDS = re.compile("|".join([
    r"$",
    r"Capturing on '",
    r" \*\* \(tshark:\d+\) [\d:.]+ \[Main MESSAGE\] -- ",
    r"tshark: $",
    r"\d+ packets? captured$",
    r"Not seen: ",
    r"Watching until Ctrl-C(, or a condition is met)?\.$",
    r"Counting (until Ctrl-C|for \d+ s, or until Ctrl-C)\.$",
    r"\d+ packets?, \d+ bytes?, \d+ drops?( \(.*\))?, \d+ lost(, .*)?$",
    r"\d+ records? read, \d+ [a-z ]+ written\.$",
    # of etl2pcap and etl2txt
    r"(Packets? [a-z ]+|Counter readings|Frames of packets|Other events formatted|Formatted file|Events formatted): ",
    r"Events in the log that are not Packet Monitor's own:$",
    r" +\d+  \S",
    r"A pcap file holds packets only: ",
    r"Warning: \d+ packets? (was|were) left out, because a pcap file has one link type: ",
    r"reading from file .*, link-type ",
]))


class Runner:
    def __init__(self, project, scratch="."):
        self.project, self.scratch = pathlib.Path(project), pathlib.Path(scratch)
        self.faults = []
        self.outputs = {}  # of commands
        self.source_tree = threading.Lock()  # one build at a time

    def fail(self, what, detail=""):
        self.faults.append(what)
        print(f"FAIL: {what}\n{detail}".rstrip(), file=sys.stderr, flush=True)

    def environment(self, as_root=False):
        return {"HOME": f"{self.scratch}/home", "USER": USER, "LANG": "C.UTF-8", "TERM": "dumb",
                "PATH": ROOT_PATH if as_root else USER_PATH}

    def place_of(self, number, case):
        """The source tree, or a separate directory with the log that the pages use."""
        if case.in_project:
            return self.project
        place = self.scratch / "home" / str(number)
        place.mkdir()
        shutil.copy(self.scratch / "PktMon.etl", place)
        shutil.chown(place, USER, USER)
        return place

    def start(self, case, place, out, err):
        # As on a terminal, each line is printed at once.
        words = ["stdbuf", "-oL", "bash", "-c", case.command.replace("sudo ", "")]
        if not case.as_root:
            words = ["setpriv", "--reuid", USER, "--regid", USER, "--init-groups", "--"] + words
        return subprocess.Popen(words, cwd=place, env=self.environment(case.as_root),
                                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                start_new_session=True)

    def run(self, number, case):
        place = self.place_of(number, case)
        out, err = self.scratch / f"{number}.out", self.scratch / f"{number}.err"
        with open(out, "wb") as out_file, open(err, "wb") as err_file, \
                self.source_tree if case.in_project else contextlib.nullcontext():
            begin = time.monotonic()
            process = self.start(case, place, out_file, err_file)
            status = wait(process, case, place, out, begin)
        self.outputs[case.command] = out.read_text(errors="replace")
        self.judge(case, place, status, self.outputs[case.command], err.read_text(errors="replace"))
        print(f"{time.monotonic() - begin:5.1f} s  {case.command}", flush=True)

    def judge(self, case, place, status, out, err):
        texts = f"--- standard output:\n{out[-3000:]}\n--- standard error:\n{err[-3000:]}"
        if status not in case.ends:
            self.fail(f"exit status {status}: {case.command}", texts)
            return
        bad = [line for line in err.splitlines() if not GOOD_WORDS.match(line)]
        if bad and not case.loud:
            self.fail(f"standard error of: {case.command}", "\n".join(bad[:20]))
        for pattern in case.prints:
            if not re.search(pattern, out, re.MULTILINE):
                self.fail(f"no {pattern!r} in the output of: {case.command}", texts)
        if case.only:
            bad = [line for line in out.splitlines() if not re.search(case.only, line)]
            if bad:
                self.fail(f"not all lines are {case.only!r} in the output of: {case.command}",
                          "\n".join(bad[:10]))
        for pattern in case.reports:
            if not re.search(pattern, err, re.MULTILINE):
                self.fail(f"no {pattern!r} on the standard error of: {case.command}", texts)
        for pattern in case.makes:
            if not any(path.stat().st_size for path in place.glob(pattern)):
                self.fail(f"no file {pattern} from: {case.command}", texts)
        if case.check:
            self.check(f"state after: {case.command}", case.check, self, place, out)

    def check(self, what, function, *arguments):
        try:
            function(*arguments)
        except Exception as fault:  # one fault does not hide the others
            self.fail(what, repr(fault))

    def run_in_turn(self, wanted):
        for number, case in wanted:
            self.run(number, case)

    def run_at_once(self, wanted):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for done in [pool.submit(self.run, *one) for one in wanted]:
                done.result()


def wait(process, case, place, out, begin):
    """The exit status; sends Ctrl-C if the case says so."""
    interrupted = False
    while True:
        status = process.poll()
        if status is not None:
            return status
        elapsed = time.monotonic() - begin
        if case.until is not None and not interrupted and elapsed > case.least \
                and case.is_enough(place, out):
            os.killpg(process.pid, signal.SIGINT)
            interrupted = True
        if elapsed > LIMIT_SECONDS:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"none after {LIMIT_SECONDS} s"
        time.sleep(0.05)


def printed_commands(project):
    """Each command, with the place of its first occurrence."""
    found = {}
    for page, text in markdown.pages(project).items():
        for block in markdown.blocks(page, text):
            if block.is_shell:
                for command in markdown.commands(block):
                    found.setdefault(command, block.place)
    return found


def check_lists(runner, printed):
    known = {case.command for case in cases.CASES} | set(cases.NOT_RUN)
    for command, place in printed.items():
        if command not in known:
            runner.fail(f"{place} has a command that tests/docs/cases.py does not know: {command}")
    for command in known - set(printed):
        runner.fail(f"tests/docs/cases.py has a command that no page has: {command}")


def check_other_blocks(runner):
    """Each block has a check of its own, except drawings and listings (```text)."""
    for page, text in markdown.pages(runner.project).items():
        for block in markdown.blocks(page, text):
            if block.is_shell or block.language == "text":
                continue
            check = cases.OTHER_BLOCKS.get((page, block.lines[0]))
            if not check:
                runner.fail(f"{block.place} is neither commands nor known to tests/docs/cases.py")
            else:
                runner.check(f"what {block.place} shows", check, runner, block)


def run_printed(runner, printed):
    numbered = [(number, case) for number, case in enumerate(cases.CASES)
                if case.command in printed]
    for phase in cases.PHASES:
        wanted = [one for one in numbered if one[1].phase == phase]
        (runner.run_at_once if phase == "use" else runner.run_in_turn)(wanted)
        if phase == "use":
            check_other_blocks(runner)
        runner.check(f"state after: {phase}", cases.AFTER[phase], runner)


def main():
    project, *scratch = sys.argv[1:]
    runner = Runner(project, *scratch)
    printed = printed_commands(project)
    check_lists(runner, printed)
    if scratch:
        run_printed(runner, printed)
    sys.exit(1 if runner.faults else 0)


if __name__ == "__main__":
    main()
