#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""reference.py PROJECT BUILD: what the pages list is what there is, in both directions: fields, their
values, events, fates, options, messages, statistics, capabilities, maps, links."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import markdown
import messages

NOBODY = 65534
OPTION = r"(?<![\w-])--?[a-zA-Z][\w-]*"
BTF = "/sys/kernel/btf/vmlinux"

# What only a fault of our own or of the kernel, or another program at the agent's socket, can bring about.
INTERNAL = {
    "The filter is not one.", "The filter is too long for the kernel.", "There may be … filters.",
    "The kernel cannot judge by the filter, because it ….", "The capture was started already.",
    "The buffer size must be 1 to … MiB.", "There is no capture to be changed.", "Unknown request ….",
    "The agent could not return to its own network namespace: ….",
    "The capture is being changed already: wait until that is done.",
    "pktmon-pcap-agent was asked for more than it can do.", "There are no entries of the kind ….",
    "No more than … entries are deleted at once.", "There is no capture to delete entries of.",
    "The selection of namespaces is not one.", "The kernel gives no random numbers: ….",
}
# An event of which nothing is missing, and sentences about an option, which name its values.
NOT_A_ROW = {"The device … was removed.", "There is no source called \"…\": use auto, ebpf or pcap."}


class Checker:
    def __init__(self, project, build):
        self.project, self.build = pathlib.Path(project), pathlib.Path(build)
        self.pages = markdown.pages(project)
        self.faults = 0
        self.scratch = tempfile.TemporaryDirectory()
        self.plugins = pathlib.Path(self.scratch.name) / "plugins"
        shutil.copytree(self.build / "plugins", self.plugins)
        for path in [pathlib.Path(self.scratch.name), *pathlib.Path(self.scratch.name).rglob("*")]:
            path.chmod(0o755)

    def fail(self, what):
        self.faults += 1
        print(f"FAIL: {what}", file=sys.stderr)

    def same(self, what, in_docs, there):
        for one in sorted(set(there) - set(in_docs)):
            self.fail(f"{what}: {one} is not in the pages")
        for one in sorted(set(in_docs) - set(there)):
            self.fail(f"{what}: {one} is in the pages, but does not exist")

    def tshark(self, *words):
        """Wireshark ignores plugin folders for root."""
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        environment = {"PATH": os.environ["PATH"], "HOME": self.scratch.name, "LC_ALL": "C.UTF-8",
                       "WIRESHARK_PLUGIN_DIR": str(self.plugins)}
        return subprocess.run(["tshark", *words], env=environment, capture_output=True, text=True,
                              cwd="/", **user).stdout

    def source(self, path):
        return (self.project / path).read_text(encoding="utf-8")

    def rows(self, page, heading=None):
        return [cells for found, cells in markdown.table_rows(self.pages[page])
                if heading in (None, found)]

    def help_of(self, *command):
        return subprocess.run([str(self.build / command[0]), *command[1:], "--help"],
                              capture_output=True, text=True, check=True).stdout


def fields_in(text):
    return set(re.findall(r"(?<![\w.])pktmon(?:\.[a-z0-9_]+)+(?!\*)(?=[^\w]|$)", text))


def check_fields(checker):
    lines = [line.split("\t") for line in checker.tshark("-G", "fields").splitlines()]
    there = {line[2] for line in lines if line[0] == "F" and re.match(r"pktmon\.", line[2])}
    page = checker.pages["docs/fields.md"]
    listed = {span for span in markdown.spans(page) if re.fullmatch(r"pktmon(\.[a-z0-9_]+)+", span)}
    if not there:
        checker.fail("tshark has no field pktmon.*: it did not load the plugin")
    checker.same("field", listed, there)
    types = {"so", "etl", "md", "h"}  # of files: pktmon.so
    for name, text in checker.pages.items():
        for field in fields_in(re.sub(r"extcap\.pktmon\S*", "", text)) - there:
            if field.split(".")[-1] not in types and not any(one.startswith(field + ".") for one in there):
                checker.fail(f"{name} names the field {field}, which does not exist")


def check_values(checker):
    """The row of a field has the number and the name of each value."""
    rows = {}
    for cells in checker.rows("docs/fields.md"):
        for field in markdown.spans(cells[0]):
            rows.setdefault(field, cells[-1].lower())
    for line in checker.tshark("-G", "values").splitlines():
        kind, field, number, name = (line.split("\t") + [""] * 4)[:4]
        if kind != "V" or not field.startswith("pktmon."):
            continue
        if f"{int(number, 0)} {name.lower()}" not in rows.get(field, ""):
            checker.fail(f"docs/fields.md does not say that {field} {number} is \"{name}\"")
    edges = re.findall(r"PKTMON_EDGE_(\w+) = (\d+)", checker.source("capture-core/event.h"))
    for name, number in edges:
        if f"{number} {name.lower()}" not in rows["pktmon.edge"]:
            checker.fail(f"docs/fields.md does not say that pktmon.edge {number} is {name.lower()}")


def check_events(checker):
    there = re.findall(r"PKTMON_NOTICE_\w+ = (\d+)", checker.source("capture-core/event.h"))
    checker.same("pktmon.event.id", [cells[0] for cells in checker.rows("docs/fields.md", "Events")
                                     if cells[0].isdigit()], there)


def check_fates(checker):
    names = re.search(r"fate_names\[\] = \{(.*?)\};", checker.source("dissector/fate.c"), re.S)[1]
    checker.same("fate", [markdown.spans(cells[0])[0]
                          for cells in checker.rows("docs/fields.md", "Fates") if markdown.spans(cells[0])],
                 re.findall(r'"(\w+)"', names))
    line = next(line for line in checker.pages["README.md"].split("\n") if "pktmon.fate ==" in line)
    for fate in re.findall(r'"(\w+)"', names):
        if fate not in line:
            checker.fail(f"README.md does not name the fate {fate}")


def check_statistics(checker):
    listed = {markdown.spans(cells[0])[0].split(",")[0]
              for cells in checker.rows("docs/fields.md", "Statistics") if markdown.spans(cells[0])}
    there = set(re.findall(r'\{"(pktmon\w*)", MENU', checker.source("dissector/statistics.c"))) | {"flow"}
    checker.same("statistic", listed, there)


# --- options ---

def check_dump_options(checker):
    text = checker.help_of("extcap/pktmondump")
    there, choices, defaults = set(), {}, {}
    for block in re.split(r"\n  (?=--)", text)[1:]:
        name = block.split()[0]
        there.add(name)
        choices[name] = re.findall(r"^        (\w+) ", block, re.M)
        found = re.search(r"\[(\S+)\]$", block.split("\n")[1])
        if found:
            defaults[name] = found[1]
    listed = {}
    for cells in checker.rows("docs/pktmondump.md", "Options"):
        for name in markdown.spans(cells[0]):
            listed[name] = cells[1]
    checker.same("pktmondump's option", listed, there)
    for name, values in listed.items():
        for choice in choices.get(name, []):
            if choice not in values and "..." not in values:
                checker.fail(f"docs/pktmondump.md does not say that {name} takes {choice}")
        if name in defaults and not re.match(rf"`?{re.escape(defaults[name])}\b", values):
            checker.fail(f"docs/pktmondump.md does not say first that {name} is {defaults[name]} by default")
    preferences = {name[2:].replace("-", "") for name in there}
    for page, text in checker.pages.items():
        for preference in re.findall(r"extcap\.pktmon(?:_etl)?\.(\w+)", text):
            if preference not in preferences:
                checker.fail(f"{page} has the preference extcap.pktmon.{preference}, which does not exist")


def options_of_help(text):
    """Each option as the set of its spellings."""
    found = re.findall(r"^  (?:(-\w), )?(--[\w-]+)", text.partition("Application Options:")[2], re.M)
    return [{one for one in pair if one} for pair in found]


def section(text, begin):
    """From the line that begins so to the next one of its kind."""
    start = text.index("\n" + begin) + 1
    end = re.search(r"\n(?:## |`pktmon )" if begin.startswith("`") else r"\n## ", text[start + 1:])
    return text[start:start + 1 + end.start()] if end else text[start:]


def check_command_options(checker):
    for command, page, begin in [("list", "docs/pktmon.md", "## pktmon list"),
                                 ("counters", "docs/pktmon.md", "## pktmon counters"),
                                 ("capture", "docs/pktmon.md", "## pktmon capture"),
                                 ("etl2pcap", "docs/etl.md", "`pktmon etl2pcap "),
                                 ("etl2txt", "docs/etl.md", "`pktmon etl2txt ")]:
        there = options_of_help(checker.help_of("cli/pktmon", command))
        text = section(checker.pages[page], begin)
        if page == "docs/etl.md":
            text += section(checker.pages[page], "## Limits")  # of all that convert
        named = set(re.findall(OPTION, " ".join(markdown.spans(text))))
        for spellings in there:
            if not spellings & named:
                checker.fail(f"{page} does not name {'/'.join(sorted(spellings))} of pktmon {command}")
        in_first_cells = set()
        for line in text.split("\n"):
            if line.startswith("| `-"):
                in_first_cells |= set(re.findall(OPTION, line.split("|")[1]))
        for name in in_first_cells - set().union(*there):
            checker.fail(f"{page} names {name}, which pktmon {command} has not")


def check_inline_commands(checker):
    """Commands within a sentence: the command exists, and has the options."""
    known = {}
    for page, text in checker.pages.items():
        for span in markdown.spans(text):
            words = span.split()
            if words[0] != "pktmon" or len(words) < 2 or words[1].startswith("-"):
                continue
            command = words[1]
            if command not in known:
                done = subprocess.run([checker.build / "cli/pktmon", command, "--help"],
                                      capture_output=True, text=True)
                if "There is no command" in done.stderr:
                    checker.fail(f"{page} has `{span}`, and there is no such command")
                known[command] = set().union({"--help"}, *options_of_help(done.stdout))
            # Windows' own commands answer with what to do instead.
            if known[command] == {"--help"} or command == "start":
                continue
            for option in set(re.findall(OPTION, span.split(" | ")[0])) - known[command]:
                checker.fail(f"{page} has `{span}`, and pktmon {command} has no {option}")


# --- messages, reasons, links ---

def check_messages(checker):
    rows = [cells[0].strip("`") for cells in checker.rows("docs/troubleshooting.md")]
    skip = {"you see", "message", "not seen:"}
    said = list(messages.said(checker.project))
    for kind, words, place, about_option in said:
        ours = about_option and not place.startswith("capture-core/")
        if words in INTERNAL | NOT_A_ROW or ours:
            continue
        if not any(messages.fits(row, words) for row in rows if row not in skip):
            checker.fail(f"docs/troubleshooting.md has no row for what {place} says: {words}")
    tables = [cells[0] for heading, cells in markdown.table_rows(checker.pages["docs/troubleshooting.md"])
              if heading != "What looks wrong"]
    for row in tables:
        if row not in skip and not any(messages.fits(row, words) for _, words, _, _ in said):
            checker.fail(f"docs/troubleshooting.md has a message that nothing says: {row}")


def check_reasons(checker):
    with open(BTF, "rb") as file:
        known = {one.decode() for one in re.findall(rb"SKB_DROP_REASON_([A-Z0-9_]+)\0", file.read())}
    for cells in checker.rows("docs/drop-reasons.md"):
        for reason in markdown.spans(cells[0]):
            if reason not in known:
                checker.fail(f"docs/drop-reasons.md has {reason}, which this kernel does not know")


def check_capabilities(checker):
    given = re.search(r"^AGENT_CAPABILITIES=(\S+)=ep", checker.source("scripts/lib.sh"), re.M)[1]
    wanted = {name.removeprefix("cap_") for name in given.split(",")}
    for name, text in checker.pages.items():
        for block in markdown.blocks(name, text):
            joined = "\n".join(block.lines)
            lists = [re.findall(r"--cap-add=(\w+)", joined)]
            lists += [re.findall(r"\w+", found) for found in re.findall(r"add: \[(.*?)\]", joined)]
            lists += [re.sub("^cap_|(?<=,)cap_", "", found).split(",")
                      for found in re.findall(r"(cap_\w+(?:,cap_\w+)+)=ep", joined)]
            for listed in filter(None, lists):
                if {one.lower() for one in listed} != wanted:
                    checker.fail(f"{block.place} has other capabilities than the agent: {listed}")
    for path in sorted((checker.project / "capture-core").rglob("*.c")):
        text = re.sub(r'"\s*"', "", path.read_text(encoding="utf-8"))
        for listed in re.findall(r"(cap_\w+(?:,cap_\w+)+)=ep", text):
            if listed != given:
                checker.fail(f"{path} has other capabilities than the agent: {listed}")


def entries_of(words, numbers):
    """The number that an expression of the sources means; None: it has one that is not known here."""
    words = re.sub(r"\b[A-Z_]+\b", lambda m: str(numbers.get(m.group(), m.group())), words)
    return eval(words) if re.fullmatch(r"[\d\s+*/()-]+", words) else None


def check_maps(checker):
    """Each map of the kernel programs has a row, with its number of entries."""
    rows = {}
    for cells in checker.rows("docs/internals/tables.md", "In the kernel"):
        for name in markdown.spans(cells[0]):
            rows[name] = cells[2].replace(",", "")
    paths = [checker.project / "capture-core/linux/records.h",
             *sorted((checker.project / "capture-core/linux/bpf").glob("*.[ch]"))]
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    numbers = {}
    for name, words in re.findall(r"^#define ([A-Z_]+)[ \t]+(.+)$", text, re.M):
        numbers[name] = f"({words.strip()})"
    for _ in range(3):  # those that are made of others
        numbers = {name: re.sub(r"\b[A-Z_]+\b", lambda m: numbers.get(m.group(), m.group()), words)
                   for name, words in numbers.items()}
    maps = re.findall(r"struct \{((?:(?!\nstruct).)*?)\} (\w+) SEC\(\"\.maps\"\)", text, re.S)
    checker.same("map", rows, {name for _, name in maps})
    for body, name in maps:
        found = re.search(r"max_entries, ([^)]*(?:\([^)]*\))?[^)]*)\)", body)
        entries = found and entries_of(found[1], numbers)
        if entries and name in rows and not re.search(rf"\b{entries}\b", rows[name]):
            checker.fail(f"docs/internals/tables.md does not say that {name} has {entries} entries")


def slug(heading):
    return re.sub(r"[^\w -]", "", heading.replace("`", "")).strip().lower().replace(" ", "-")


def check_links(checker):
    anchors = {page: {slug(line.lstrip("# ")) for line in text.split("\n") if line.startswith("#")}
               for page, text in checker.pages.items()}
    for page, text in checker.pages.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            name = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if not (checker.project / name).exists():
                checker.fail(f"{page} links to {target}, which does not exist")
            elif anchor and anchor not in anchors.get(name, set()):
                checker.fail(f"{page} links to {target}, and there is no such heading")
    listed = set(re.findall(r"\]\((docs/[\w/-]+\.md)\)", checker.pages["README.md"]))
    checker.same("page in the README's list", listed, set(checker.pages) - {"README.md"})


CHECKS = [check_fields, check_values, check_events, check_fates, check_statistics, check_dump_options,
          check_command_options, check_inline_commands, check_messages, check_reasons, check_capabilities,
          check_maps, check_links]


def main():
    checker = Checker(*sys.argv[1:])
    for check in CHECKS:
        check(checker)
    sys.exit(1 if checker.faults else 0)


if __name__ == "__main__":
    main()
