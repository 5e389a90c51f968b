#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks which room includes which, and that no two files share a name: includes.py [PROJECT].

A room is a folder. Its row names the rooms that it may include besides itself; a folder inside a room
without a row of its own belongs to the room. docs/internals/architecture.md has the reasons, and the
same table for readers.
"""
import collections
import pathlib
import re
import sys

PUBLIC, MODEL = "capture-core/include/pktmon", "capture-core/model"
FILTER, PCAPNG = "capture-core/filter", "capture-core/pcapng"
JOURNEY = "capture-core/journey"
CAPTURE, MULTIPLEX = "capture-core/capture", "capture-core/multiplex"
SESSION, PRIVILEGE = "capture-core/session", "capture-core/privilege"
PROVIDERS = "capture-core/providers"
INTERFACE = f"{PROVIDERS}/provider.h"  # of every provider
NETDEV, EBPF, PCAP = (f"{PROVIDERS}/{name}" for name in ("netdev", "ebpf", "pcap"))
CORE = {PUBLIC, MODEL, JOURNEY, FILTER, PCAPNG, CAPTURE, MULTIPLEX, SESSION, PRIVILEGE, PROVIDERS, INTERFACE}
MAY_USE = {
    PUBLIC: set(),
    MODEL: {PUBLIC},
    PRIVILEGE: {MODEL},
    INTERFACE: {PUBLIC},
    JOURNEY: {PUBLIC, MODEL, FILTER},
    FILTER: {PUBLIC, MODEL, INTERFACE},
    PCAPNG: {PUBLIC, MODEL},
    CAPTURE: {PUBLIC, MODEL, FILTER, JOURNEY, PCAPNG, NETDEV, PROVIDERS, INTERFACE},
    MULTIPLEX: {PUBLIC, MODEL, FILTER, PCAPNG, CAPTURE, INTERFACE},
    SESSION: {PUBLIC, MODEL, FILTER, PCAPNG, CAPTURE, MULTIPLEX, PROVIDERS, INTERFACE},
    PROVIDERS: {PUBLIC, INTERFACE},
    NETDEV: {PUBLIC, MODEL},
    EBPF: {PUBLIC, NETDEV},
    f"{EBPF}/agent": {MODEL, PRIVILEGE, NETDEV, EBPF, f"{EBPF}/cbpf", f"{EBPF}/bpf"},
    f"{EBPF}/bpf": {PUBLIC, MODEL, FILTER, EBPF},
    f"{EBPF}/cbpf": set(),
    f"{EBPF}/reader": {INTERFACE, PUBLIC, MODEL, FILTER, NETDEV, EBPF, f"{EBPF}/cbpf"},
    PCAP: set(),
    f"{PCAP}/agent": {PUBLIC, MODEL, PRIVILEGE, NETDEV, PCAP},
    f"{PCAP}/reader": {INTERFACE, PUBLIC, MODEL, FILTER, NETDEV, PCAP},
    "etl-reader": CORE,
    "frontend": CORE | {"etl-reader"},
    "extcap": CORE | {"etl-reader", "frontend"},
    "cli": CORE | {"etl-reader", "frontend"},
    "dissector": {PUBLIC, MODEL},
}
# A file that may use more than its room.
FILES_MAY_USE = {
    # What hops say: one walk over headers for the assembler and for Wireshark.
    "dissector/journey-tree.c": {JOURNEY},
    "dissector/packet-pktmon.c": {JOURNEY},
    "dissector/wiretap-etl.c": {"etl-reader"},
}
PAGE = "docs/internals/architecture.md"
# What the page calls the whole of CORE, and the rooms of the row above.
CORE_WORDS, SAME_WORDS = "every room of capture-core but those below `providers`", "the same"
SEARCHED = ("capture-core/include", "capture-core", ".")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
GUARD = re.compile(r"^#ifndef (\w+)\n#define \1\n", re.MULTILINE)
TAG = re.compile(r"^(?:struct|union|enum) (\w+) \{", re.MULTILINE)


def room_of(file):
    """The longest path with a row that contains the file; None: it has no room."""
    folder = file
    while str(folder) not in MAY_USE and folder != folder.parent:
        folder = folder.parent
    return str(folder) if str(folder) in MAY_USE else None


def included(project, file, name):
    """The included file of the tree; None: one that the build makes."""
    for folder in (file.parent, *SEARCHED):
        path = (project / folder / name).resolve()
        if path.is_file():
            return path.relative_to(project)
    return None


def wrong_rooms(file, targets):
    room = room_of(file)
    if room is None:
        yield f"{file} is in no room: give its folder a row in tests/tree/includes.py"
        return
    may = MAY_USE[room] | FILES_MAY_USE.get(str(file), set()) | {room}
    for target in targets:
        if room_of(target) not in may:
            yield f"{file} includes {target}: {room} may not use {room_of(target)}"


def circles(modules):
    """Modules (a path without its extension) that include each other, as paths that end where they
    begin."""
    done, path = set(), []

    def visit(module):
        if module in path:
            yield path[path.index(module):] + [module]
            return
        if module in done:
            return
        path.append(module)
        for other in sorted(modules.get(module, ())):
            yield from visit(other)
        path.pop()
        done.add(module)

    for module in sorted(modules):
        yield from visit(module)


def shared(what, places):
    """places: name -> the files with it."""
    for name, files in sorted(places.items()):
        if len(files) > 1:
            yield f"{what} {name} is in {' and '.join(sorted(map(str, files)))}"


def name_in_page(room):
    return "include/pktmon" if room == PUBLIC else room.rpartition("/")[2]


def words_in_page(room):
    """What the page is to say of a room, by word; of a file that may use more, too."""
    may = MAY_USE[room]
    words = {CORE_WORDS} if CORE <= may else set()
    words |= {name_in_page(one) for one in (may - CORE if words else may)}
    for file, more in FILES_MAY_USE.items():
        if file.startswith(f"{room}/"):
            words |= {f"{file.rpartition('/')[2]} {name_in_page(one)}" for one in more}
    return words


def rows_of_page(project):
    """Room -> the words of its row."""
    words = set()
    section = (project / PAGE).read_text().partition("## The rooms\n")[2].partition("\n## ")[0]
    for rooms, cell in re.findall(r"^\| (`[^|]+`) \|[^|]*\| ([^|]+) \|$", section, re.MULTILINE):
        cell = re.sub(r"; `([\w.-]+)` also ", r", \1 ", cell).replace(", and ", ", ")
        said = {word for word in cell.split(", ") if word != "–"}
        words = said - {SAME_WORDS} | (words if SAME_WORDS in said else set())
        for room in re.findall(r"`([^`]+)`", rooms):
            yield room.replace("…", "capture-core"), words


def other_in_page(project):
    rows = dict(rows_of_page(project))
    for room in MAY_USE:
        if rows.get(room) != words_in_page(room):
            yield (f"{PAGE} says that {room} may use {sorted(rows.get(room, ()))}, "
                   f"and it may use {sorted(words_in_page(room))}")
    for room in sorted(rows.keys() - MAY_USE.keys()):
        yield f"{PAGE} has the room {room}, which has no row here"


def findings(project):
    modules = collections.defaultdict(set)
    names, guards, tags = (collections.defaultdict(set) for _ in range(3))
    files = sorted(path.relative_to(project)
                   for top in {room.split("/")[0] for room in MAY_USE}
                   for path in (project / top).rglob("*.[ch]"))
    for file in files:
        text = (project / file).read_text()
        targets = [target for name in INCLUDE.findall(text)
                   if (target := included(project, file, name)) is not None]
        yield from wrong_rooms(file, targets)
        module = file.with_suffix("")
        modules[module] |= {target.with_suffix("") for target in targets} - {module}
        names[file.name].add(file)
        for tag in TAG.findall(text):
            tags[tag].add(file)
        if file.suffix == ".h":
            guard = GUARD.search(text)
            if guard:
                guards[guard[1]].add(file)
            else:
                yield f"{file} has no include guard"
    for circle in circles(modules):
        yield f"a circle of includes: {' -> '.join(map(str, circle))}"
    yield from shared("the file name", names)
    yield from shared("the include guard", guards)
    yield from shared("the tag", tags)
    yield from other_in_page(project)
    if len(files) < 100:
        yield f"only {len(files)} files were looked at: is {project} the project?"


def main():
    found = list(findings(pathlib.Path(sys.argv[1] if sys.argv[1:] else ".").resolve()))
    for finding in found:
        print(f"FAIL: {finding}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
