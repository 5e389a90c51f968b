#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""reference.py [--write] [PROJECT [BUILD]]: what the pages list is what there is, in both directions: fields,
their values, events, fates, options, messages, statistics, capabilities, maps, paths, links. The table of capture
options is made from what the programs say of themselves; --write puts it into its page. PROJECT is the
tree of this file, and BUILD its folder build, if they are not given."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import markdown
import messages

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import vocabulary

NOBODY = 65534
OPTION = r"(?<![\w-])--?[a-zA-Z][\w-]*"
OPTION_NAME = r"(?<![\w-])--[a-z]"
BTF = "/sys/kernel/btf/vmlinux"

# Messages that only a fault of our own or of the kernel, or another program at the agent's socket,
# can cause.
INTERNAL = {
    "The filter is malformed.", "The filter is too long for the kernel.", "A capture can have at most … filters.",
    "The kernel cannot apply the filter, because it ….", "The capture has already been started.",
    "The options of the capture are malformed.",
    "The buffer size must be 1 to … MiB.", "There is no capture to change.", "Unknown request ….",
    "The agent could not return to its own network namespace: ….",
    "Another change of the capture is in progress: wait until it is done.",
    "The request to pktmon-pcap-agent exceeds its limits.", "There are no entries of kind ….",
    "At most … entries can be deleted at once.", "There is no capture to delete entries from.",
    "The selection of namespaces is malformed.", "The kernel provided no random numbers: ….",
}
# A notice that reports no loss, and sentences about an option, which name its values.
NOT_A_ROW = {"The device … was removed.", "There is no provider called \"…\": use …."}


class Checker:
    def __init__(self, project, build, writes):
        self.project, self.build = pathlib.Path(project), pathlib.Path(build).resolve()
        self.writes = writes  # what is made from the programs
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
    types = {"so", "etl", "md", "h", "c"}  # of files: pktmon.so
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
    for number, name in vocabulary.EDGES.items():
        if number and f"{number} {name.lower()}" not in rows["pktmon.edge"]:
            checker.fail(f"docs/fields.md does not say that pktmon.edge {number} is {name}")


def check_events(checker):
    there = re.findall(r"PKTMON_NOTICE_\w+ = (\d+)", checker.source("capture-core/include/pktmon/event.h"))
    checker.same("pktmon.event.id", [cells[0] for cells in checker.rows("docs/fields.md", "Events")
                                     if cells[0].isdigit()], there)


def check_fates(checker):
    table = re.search(r"define PKTMON_FATES\(X\)(.*?)\n\n",
                      checker.source("capture-core/include/pktmon/journey.h"), re.S)[1]
    names = re.findall(r'"(\w+)"', table)
    checker.same("fate", [markdown.spans(cells[0])[0]
                          for cells in checker.rows("docs/fields.md", "Fates") if markdown.spans(cells[0])],
                 names)
    line = next(line for line in checker.pages["README.md"].split("\n") if "pktmon.fate ==" in line)
    for fate in names:
        if fate not in line:
            checker.fail(f"README.md does not name the fate {fate}")


def check_statistics(checker):
    listed = {markdown.spans(cells[0])[0].split(",")[0]
              for cells in checker.rows("docs/fields.md", "Statistics") if markdown.spans(cells[0])}
    there = set(re.findall(r'\{"(pktmon\w*)", MENU', checker.source("dissector/statistics.c"))) | {"flow"}
    checker.same("statistic", listed, there)


# --- options ---

# The parts of a sentence of extcap: {key=value}.
PART = re.compile(r"\{(\w+)=([^}]*)\}")
BEGIN_TABLE, END_TABLE = "<!-- made by tests/docs/reference.py --write -->\n", "<!-- end -->"
OPTIONS_PAGE = "docs/capture-options.md"


def dialog(checker, interface):
    """The dialog of an interface: the parts of each option, and its choices."""
    text = subprocess.run([checker.build / "extcap/pktmondump", "--extcap-config", "--extcap-interface", interface],
                          capture_output=True, text=True, check=True).stdout
    options = {}
    for line in text.splitlines():
        parts = dict(PART.findall(line))
        if line.startswith("arg "):
            options[parts["number"]] = parts | {"choices": []}
        else:
            options[parts["arg"]]["choices"].append(parts["value"])
    return {parts["call"]: parts for parts in options.values()}


def values_of(parts):
    """The values of an option, its default first."""
    usual = parts.get("default", parts.get("placeholder"))
    if parts["type"] == "boolflag":
        return "flag"
    if parts["type"] == "selector":
        return ", ".join(f"`{one}`" for one in [usual, *(one for one in parts["choices"] if one != usual)])
    if parts["type"] == "unsigned":
        return f"{usual}; " + " to ".join(parts["range"].split(","))
    return f"`{usual}`, or a list" if usual else ""


def option_table(checker):
    helps = {command: checker.help_of("cli/pktmon", command) for command in ("capture", "watch", "counters", "list")}
    live, log = dialog(checker, "pktmon"), dialog(checker, "pktmon-etl")
    lines = ["| option | values, the default first | | programs, and commands of `pktmon` |\n", "|---|---|---|---|\n"]
    for letter, name, unit, text in re.findall(r"^  (?:(-\w), )?(--[\w-]+)(=\w+)?  +(.*)$", helps["capture"], re.M):
        if name not in live and name not in FILTERS:
            continue
        users = ["`pktmondump`"] if name in live else []
        users += ["`pktmon-etl`"] if name in log else []
        # --type of counters chooses what is shown, not what is captured.
        users += [f"`{command}`" for command in helps
                  if re.search(rf"^  {name}\b|^  -\w, {name}\b", helps[command], re.M)
                  and not (command == "counters" and name == "--type")]
        spelling = ", ".join(f"`{one}`" for one in (letter, name + unit.replace("=", " ")) if one)
        parts = live.get(name)
        help_text = parts["tooltip"] if parts else text
        lines.append(f"| {spelling} | {values_of(parts) if parts else ''} | {help_text} | {', '.join(users)} |\n")
    return "".join(lines)


FILTERS = ("--capture-filter", "--filter")  # Wireshark has a field of its own for them


def check_option_table(checker):
    before, _, rest = checker.pages[OPTIONS_PAGE].partition(BEGIN_TABLE)
    written, _, after = rest.partition(END_TABLE)
    if written == option_table(checker):
        return
    if checker.writes:
        text = before + BEGIN_TABLE + option_table(checker) + END_TABLE + after
        (checker.project / OPTIONS_PAGE).write_text(text, encoding="utf-8")
        checker.pages[OPTIONS_PAGE] = text
    else:
        checker.fail(f"{OPTIONS_PAGE} is not what the programs say: run tests/docs/reference.py --write")


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
    rows = [*checker.rows("docs/pktmondump.md", "Options"),
            *(cells for cells in checker.rows(OPTIONS_PAGE, "All options") if "`pktmondump`" in cells[-1])]
    for cells in rows:
        for name in markdown.spans(cells[0]):
            listed[name.split()[0]] = cells[1]
    checker.same("pktmondump's option", listed, there)
    for name, values in listed.items():
        for choice in choices.get(name, []):
            if choice not in values and "..." not in values:
                checker.fail(f"the pages do not say that {name} takes {choice}")
        if name in defaults and not re.match(rf"`?{re.escape(defaults[name])}\b", values):
            checker.fail(f"the pages do not say first that {name} is {defaults[name]} by default")
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
    """The text from the line that begins like this to the next heading of the same level."""
    start = text.index("\n" + begin) + 1
    end = re.search(r"\n##+ " if begin.startswith("###") else r"\n## ", text[start + 1:])
    return text[start:start + 1 + end.start()] if end else text[start:]


def check_command_options(checker):
    for command, page, begin in [("list", "docs/pktmon.md", "## pktmon list"),
                                 ("counters", "docs/pktmon.md", "## pktmon counters"),
                                 ("capture", "docs/pktmon.md", "## pktmon capture"),
                                 ("watch", "docs/watch.md", "## Options"),
                                 ("convert", "docs/convert.md", "# pktmon convert"),
                                 ("etl2pcap", "docs/etl.md", "### pktmon etl2pcap"),
                                 ("etl2txt", "docs/etl.md", "### pktmon etl2txt")]:
        there = options_of_help(checker.help_of("cli/pktmon", command))
        text = section(checker.pages[page], begin)
        if page == "docs/etl.md":
            text += section(checker.pages[page], "## Limits")  # limits of all commands that convert
        named = set(re.findall(OPTION, " ".join(markdown.spans(text))))
        if page != "docs/etl.md":
            named |= {name for cells in checker.rows(OPTIONS_PAGE, "All options") if f"`{command}`" in cells[-1]
                      for name in re.findall(OPTION, cells[0])}
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
            # Windows' own commands reply with what to use instead.
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
        if re.match("capture-core/|etl-reader/", place) and re.search(OPTION_NAME, words):
            checker.fail(f"{place} names an option of a command line: {words}")
        if words in INTERNAL | NOT_A_ROW or ours:
            continue
        if not any(messages.fits(row, words) for row in rows if row not in skip):
            checker.fail(f"docs/troubleshooting.md has no row for what {place} says: {words}")
    rows = list(markdown.table_rows(checker.pages["docs/troubleshooting.md"]))
    check_warnings(checker, [cells[0] for heading, cells in rows if heading == "Warnings"][1:])
    tables = [cells[0] for heading, cells in rows if heading not in ("What looks wrong", "Warnings")]
    for row in tables:
        if row not in skip and not any(messages.fits(row, words) for _, words, _, _ in said):
            checker.fail(f"docs/troubleshooting.md has a message that nothing says: {row}")


def check_warnings(checker, rows):
    """Their plurals are separate texts in the sources: the words around them must occur there."""
    if not rows:
        checker.fail("docs/troubleshooting.md has no warnings")
    sources = [path.read_text() for path in messages.sources(checker.project)]
    texts = "".join(text for source in sources for text in messages.LITERAL.findall(source))
    for row in rows:
        for words in row.split("…"):
            if words.strip() not in texts:
                checker.fail(f"docs/troubleshooting.md has a warning that nothing says: {row}")


def check_reasons(checker):
    with open(BTF, "rb") as file:
        known = {one.decode() for one in re.findall(rb"SKB_DROP_REASON_([A-Z0-9_]+)\0", file.read())}
    # Our own reasons.
    known.update(re.findall(r'\[RECORD_REASON_\w+ - RECORD_REASON_FIRST\] = "(\w+)"',
                            checker.source("capture-core/providers/ebpf/reader/drop-names.c")))
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
    """The value of an expression in the sources; None: it contains a name that is not known
    here."""
    words = re.sub(r"\b[A-Z_]+\b", lambda m: str(numbers.get(m.group(), m.group())), words)
    return eval(words) if re.fullmatch(r"[\d\s+*/()-]+", words) else None


def check_maps(checker):
    """Each map of the kernel programs has a row with its number of entries."""
    rows = {}
    for cells in checker.rows("docs/internals/tables.md", "In the kernel"):
        for name in markdown.spans(cells[0]):
            rows[name] = cells[2].replace(",", "")
    paths = [checker.project / "capture-core/providers/ebpf/records.h",
             *sorted((checker.project / "capture-core/providers/ebpf/bpf").rglob("*.[ch]"))]
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    numbers = {}
    for name, words in re.findall(r"^#define ([A-Z_]+)[ \t]+(.+)$", text, re.M):
        numbers[name] = f"({words.strip()})"
    for _ in range(3):  # macros that use other macros
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


def check_continued_lines(checker):
    """Copying a command from the page copies its indentation too, which must not split a word."""
    for page, text in checker.pages.items():
        for block in markdown.blocks(page, text):
            for line in block.lines if block.is_shell else []:
                if re.search(r"\S\\$", line):
                    checker.fail(f"{block.place}: a word goes on in the next line: {line}")


def check_examples(checker):
    """Programs on the page of the library are those that the build compiles."""
    programs = [path.read_text(encoding="utf-8") for path in (checker.project / "docs").glob("*.c")]
    shown = [block for block in markdown.blocks("docs/library.md", checker.pages["docs/library.md"])
             if block.language == "c"]
    for block in shown:
        if not any("\n".join(block.lines) in program for program in programs):
            checker.fail(f"{block.place} is not a program of docs/")
    if len(shown) != len(programs):
        checker.fail("docs/library.md does not show each program of docs/")


# Names of the kernel and of Windows that look like paths.
NO_PATHS = {"cgroup_skb/ingress", "iter/task_file", "evntrace.h", "ntwmi.h"}
PATH = r"(?:…/|[\w.-]+/)[\w./-]*|[\w-]+(?:\.bpf)?\.(?:c|h|py|sh|tsv|txt|md)"


def paths_of_tree(project):
    """Files and folders, each with all that its path ends with: "a/b/c.h" also as "b/c.h" and "c.h"."""
    found = set()
    for folder, folders, files in os.walk(project):
        folders[:] = [one for one in folders if not one.startswith(("build", ".git"))]
        for name in [*folders, *files]:
            parts = pathlib.Path(folder, name).relative_to(project).parts
            found |= {"/".join(parts[i:]) for i in range(len(parts))}
    return found


def check_paths(checker):
    """Files and folders that the pages for developers name."""
    there = paths_of_tree(checker.project)
    for page, text in checker.pages.items():
        if not page.startswith("docs/internals/"):
            continue
        for span in markdown.spans(text):
            path = span.rstrip("/").replace("…", "capture-core")
            if re.fullmatch(PATH, span) and span not in NO_PATHS and path not in there:
                checker.fail(f"{page} names {span}, which does not exist")


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


CHECKS = [check_fields, check_values, check_events, check_fates, check_statistics, check_option_table, check_dump_options,
          check_command_options, check_inline_commands, check_messages, check_reasons, check_capabilities,
          check_maps, check_continued_lines, check_paths, check_examples, check_links]


def parse():
    parser = argparse.ArgumentParser(description="Compares the pages with what there is.")
    parser.add_argument("--write", action="store_true", help=f"write the table of options into {OPTIONS_PAGE}")
    parser.add_argument("project", nargs="?", type=pathlib.Path, metavar="PROJECT", help="default: this tree",
                        default=pathlib.Path(__file__).resolve().parent.parent.parent)
    parser.add_argument("build", nargs="?", type=pathlib.Path, metavar="BUILD", help="default: PROJECT/build")
    options = parser.parse_args()
    options.build = options.build or options.project / "build"
    if not (options.build / "plugins").is_dir():
        parser.error(f"{options.build} has not been built: cmake --build {options.build}")
    return options


def main():
    options = parse()
    checker = Checker(options.project, options.build, options.write)
    for check in CHECKS:
        check(checker)
    sys.exit(1 if checker.faults else 0)


if __name__ == "__main__":
    main()
