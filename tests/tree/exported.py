#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks that the library exports what its installed headers declare: exported.py LIBRARY HEADER...

With --part, the library was built without the live capture, and lacks its functions.
"""
import pathlib
import re
import subprocess
import sys


def declarations(text):
    """The functions that a header declares, without types and inline functions."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    text = re.sub(r"^\s*#(?:.*\\\n)*.*$", "", text, flags=re.MULTILINE)
    while True:
        without_braces = re.sub(r"\{[^{}]*\}", ";", text)
        if without_braces == text:
            break
        text = without_braces
    for statement in text.split(";"):
        words = statement.split("(")[0].split()
        if "(" in statement and words and words[0] not in ("typedef", "static"):
            yield words


def main():
    part = "--part" in sys.argv
    library, *headers = [word for word in sys.argv[1:] if word != "--part"]
    found, declared = [], set()
    for header in headers:
        for words in declarations(pathlib.Path(header).read_text()):
            name = words[-1].lstrip("*")
            declared.add(name)
            if words[0] != "PKTMON_PUBLIC":
                found.append(f"{header} declares {name}, which is hidden")
            if not name.startswith("pktmon_"):
                found.append(f"{header} declares {name}, without the prefix pktmon_")
    symbols = subprocess.run(["nm", "-D", "--defined-only", library], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    exported = {line.split()[2] for line in symbols.splitlines()}
    found += [f"{name} is exported, and no installed header declares it"
              for name in sorted(exported - declared)]
    if not part:
        found += [f"{name} is declared, and not exported" for name in sorted(declared - exported)]
    if len(declared) < 20:
        found.append(f"only {len(declared)} declarations were found")
    for finding in found:
        print(f"FAIL: {finding}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
