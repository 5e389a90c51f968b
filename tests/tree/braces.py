#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One style of braces: braces.py [PROJECT] [--fix].

A body of one line has no braces, unless another branch of its chain (if, else) needs them: then all
branches have them. A condition that takes several lines may have them. Reads files as clang-format
leaves them, by their indentation.
"""
import pathlib
import re
import sys

ROOMS = ("bench", "capture-core", "cli", "dissector", "docs", "etl-reader", "extcap", "frontend", "tests")
HEAD = re.compile(r"^( *)(?:if|for|while) \(")
ELSE = re.compile(r"^( *)(\} )?else\b( if \()?")


class Branch:
    """A head (lines begin to head_end), and its body (to end, without the line of a closing brace)."""

    def __init__(self, lines, begin):
        self.begin = self.head_end = begin
        depth = 0
        while True:
            line = re.sub(r"'(\\.|[^'])'|\"(\\.|[^\"])*\"", "", lines[self.head_end])
            depth += line.count("(") - line.count(")")
            if depth <= 0:
                break
            self.head_end += 1
        indent = re.match(" *", lines[begin])[0]
        self.braces = lines[self.head_end].endswith("{")
        # The head is followed by a comment on its line, or by an empty body.
        self.strange = not re.search(r"(\)|else)( \{)?$", lines[self.head_end])
        end = self.head_end + 1
        if self.braces:
            while not lines[end].startswith(indent + "}"):
                end += 1
            self.next = end if lines[end].startswith(indent + "} else") else end + 1
        else:
            while end < len(lines) and re.match(indent + r"( |$)", lines[end]) and lines[end].strip():
                end += 1
            self.next = end
        self.end = end
        self.is_closed_by_else = self.braces and self.next == end

    def is_short(self, lines):
        """A body without braces may have several lines only if it is one statement; then it
        stays."""
        if not self.braces:
            return True
        body = lines[self.head_end + 1:self.end]
        return (len(body) == 1 and body[0].rstrip().endswith(";") and self.head_end == self.begin
                and not re.match(r" *(g_auto|const |static )", body[0]))


def chain_at(lines, begin):
    """The branches of the statement that begins at this line."""
    chain = [Branch(lines, begin)]
    indent = re.match(" *", lines[begin])[0]
    if not lines[begin].lstrip().startswith("if "):
        return chain
    while chain[-1].next < len(lines):
        match = ELSE.match(lines[chain[-1].next])
        if not match or match[1] != indent:
            break
        chain.append(Branch(lines, chain[-1].next))
    return chain


def wanted(chain, lines):
    """Whether the branches should have braces; None: either is allowed."""
    if any(branch.strange for branch in chain):
        return None
    has = [branch.braces for branch in chain]
    if all(branch.is_short(lines) for branch in chain):
        return False if any(has) else None
    return True if not all(has) else None


def rewrite(chain, lines, braces):
    """The lines of the chain, with or without braces."""
    result = []
    indent = re.match(" *", lines[chain[0].begin])[0]
    for number, branch in enumerate(chain):
        head = lines[branch.begin:branch.head_end + 1]
        head[0] = head[0].replace("} else", "else", 1)
        head[-1] = head[-1].removesuffix(" {")
        if braces:
            head[-1] += " {"
            if number > 0:
                head[0] = head[0].replace("else", "} else", 1)
        result += head + lines[branch.head_end + 1:branch.end]
    return result + [indent + "}"] if braces else result


def check(path, fix):
    lines = path.read_text().split("\n")
    found = 0
    # From the end, so that inner statements come first.
    for number in range(len(lines) - 1, -1, -1):
        if not HEAD.match(lines[number]) or lines[number].endswith("\\"):
            continue
        chain = chain_at(lines, number)
        braces = wanted(chain, lines)
        if braces is None:
            continue
        found += 1
        if fix:
            lines[number:chain[-1].next] = rewrite(chain, lines, braces)
        else:
            print(f"FAIL: {path}:{number + 1}: {'all branches need' if braces else 'no branch needs'} braces")
    if fix and found:
        path.write_text("\n".join(lines))
    return found


def main():
    words = [word for word in sys.argv[1:] if word != "--fix"]
    project, fix = pathlib.Path(words[0] if words else "."), "--fix" in sys.argv
    paths = [path for room in ROOMS for path in sorted((project / room).rglob("*.[ch]"))]
    found = sum(check(path, fix) for path in paths)
    print(f"{found} in {len(paths)} files")
    sys.exit(0 if fix else bool(found) or len(paths) < 300)


if __name__ == "__main__":
    main()
