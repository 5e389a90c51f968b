# SPDX-License-Identifier: GPL-2.0-or-later
"""The contents of the pages: blocks of code, commands, tables and links."""
import pathlib
import re
from dataclasses import dataclass

# First words of lines in a block that are typed into a shell.
PROGRAMS = {
    "cat", "cd", "cmake", "cp", "curl", "docker", "editcap", "getcap", "git", "grep", "ip", "kill",
    "kubectl", "ls", "mergecap", "nft", "nstat", "pkg-config", "pktmon", "pktmondump", "podman",
    "rm", "scripts/install-dependencies", "scripts/run", "scripts/test", "setcap", "ssh", "sudo",
    "sysctl", "tcpdump", "termshark", "tshark", "uname", "wireshark",
}
ASSIGNMENT = re.compile(r"[A-Z_]+=\S* +")
COMMENT = re.compile(r"(^|\s+)# .*$")


@dataclass
class Block:
    page: str
    line: int  # of its first line, from 1
    language: str  # of a fenced block, else ""
    lines: list

    @property
    def place(self):
        return f"{self.page}:{self.line}"

    @property
    def is_shell(self):
        return self.language not in ("c", "text") and any(first_word(line) in PROGRAMS for line in self.lines)


def first_word(line):
    while ASSIGNMENT.match(line):
        line = ASSIGNMENT.sub("", line, count=1)
    return line.split(" ")[0]


def pages(project):
    project = pathlib.Path(project)
    return {str(path.relative_to(project)): path.read_text(encoding="utf-8")
            for path in [project / "README.md", *sorted(project.glob("docs/**/*.md"))]}


def blocks(page, text):
    """Fenced blocks, and blocks indented by four columns (by four more inside a list)."""
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        fence = re.match(r"\s*(```+|~~~+)\s*(\w*)", lines[number])
        start = number
        if fence:
            number += 1
            while number < len(lines) and not lines[number].strip().startswith(fence[1]):
                number += 1
            yield Block(page, start + 1, fence[2], lines[start + 1:number])
        elif is_indented(lines[number]) and (number == 0 or not lines[number - 1].strip()):
            while number < len(lines) and (is_indented(lines[number]) or not lines[number].strip()):
                number += 1
            yield Block(page, start + 1, "", [line.strip() if line.startswith("      ") else line[4:]
                                              for line in lines[start:number] if line.strip()])
            continue
        number += 1


def is_indented(line):
    return line.startswith("    ") and line.strip() != ""


def without_comment(line):
    """A comment begins after white space, where no quote is open."""
    for match in re.finditer(r"(?:^|\s)#(?: |$)", line):
        before = line[:match.start()]
        if before.count("'") % 2 == 0 and before.count('"') % 2 == 0:
            return before.rstrip()
    return line.rstrip()


def commands(block):
    """Each command as a shell reads it: on one line, without comments, with single spaces."""
    printed = ""
    for line in block.lines:
        printed += line.rstrip()
        bare = without_comment(printed)
        if bare.endswith("\\"):
            printed = bare[:-1]
            continue
        text = re.sub(r" +", " ", bare).strip()
        if text:
            yield text
        printed = ""


def table_rows(text):
    """The cells of each row of each table, with the heading above it."""
    heading = ""
    for line in text.split("\n"):
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("|") and not re.match(r"\|[-| :]+\|$", line):
            cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
            yield heading, [cell.strip().replace("\\|", "|") for cell in cells]


def spans(text):
    """The texts between back-quotes."""
    return re.findall(r"`([^`\n]+)`", text)
