# SPDX-License-Identifier: GPL-2.0-or-later
"""The sentences that the programs print, as the sources have them."""
import pathlib
import re

# Calls whose text a user reads, and the class of the message.
CALLS = {
    "agent_fail": "error", "pcap_agent_fail": "error", "agent_fail_impossible": "error", "agent_report_missing": "missing", "agent_report_hidden": "missing",
    "g_error_new": "error", "g_set_error": "error", "g_set_error_literal": "error",
    "ebpf_push_notice": "notice", "pcap_push_notice": "notice", "add_missing": "missing",
}
ROOMS = ("capture-core/providers/netdev/netns-words.c", "capture-core/capture/selection.c",
         "capture-core/capture/file-sink.c", "capture-core/capture/capture.c",
         "capture-core/filter/filter-set.c", "capture-core/pcapng", "capture-core/privilege",
         "capture-core/providers", "cli", "extcap", "frontend", "etl-reader")
# In other files, this call makes many other texts.
SENTENCES_ALSO = {name: {"g_strdup_printf": "error"}
                  for name in ("capture-core/providers/netdev/helper.c", "capture-core/privilege/user-limits.c",
                                "capture-core/providers/netdev/netns-words.c")}
# Files in which every text of a sentence or more is a message.
TEXTS_OF = {"capture-core/providers/ebpf/agent/refusal.c": "error", "capture-core/providers/ebpf/kernel-btf.c": "error"}
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
PLURAL = re.compile(r'PLURAL\([^"]*"(?:[^"\\]|\\.)*",\s*"((?:[^"\\]|\\.)*)"\)')
CONVERSION = re.compile(r"%(?:\" *G_GU?INT64_FORMAT *\"|[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh?|ll?|z|j)?[a-zA-Z])")


def arguments(text, start):
    """The text between the parenthesis before start and its closing one."""
    depth, end, quoted = 1, start, False
    while depth:
        char = text[end]
        if char == '"' and text[end - 1] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
        end += 1
    return text[start:end - 1]


def sentence(call):
    """The first text of a call, with "…" for variable parts; None: the text is made elsewhere."""
    call = re.sub(r'"\s*(G_GU?INT64_FORMAT|PRI[a-z]64)\s*"', "d", call)
    call = re.sub(r'"\s*[A-Z][A-Z_]+\s*"', "…", call)  # a macro of another file
    call = re.sub(r'^\s*[A-Z][A-Z_]+\s+"', '"…', call)
    found = re.search(LITERAL.pattern + r'(?:\s*(?:PKTMON_\w+)?\s*' + LITERAL.pattern + ")*", call)
    if not found:
        return None
    text = "".join(LITERAL.findall(found.group()))
    text = CONVERSION.sub("…", text)
    # A number and its noun: the plural.
    done = 0
    for many in PLURAL.findall(call):
        at = text.find("… …", done)
        if at >= 0:
            text = text[:at] + "… " + many + text[at + 3:]
            done = at + 2 + len(many)
    text = text.replace('\\"', '"').replace("%%", "%")
    return text if len(text.strip("…. ")) > 3 else None


def said(project):
    """(class, sentence, place, whether it concerns an option's value) of each call."""
    for path in sources(project):
        name = str(path.relative_to(project))
        calls = CALLS | SENTENCES_ALSO.get(name, {})
        text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), path.read_text(), flags=re.S)
        macros = dict(re.findall(r'^#define (\w+) +(".*")$', text, re.M))
        if name in TEXTS_OF:
            yield from texts_of(name, re.sub(r"^#.*$", "", text, flags=re.M), macros)
            continue
        for match in re.finditer(r"\b(" + "|".join(calls) + r")\(", text):
            call = re.sub(r"\b[A-Z_]+\b", lambda m: macros.get(m.group(), m.group()),
                          arguments(text, match.end()))
            words = sentence(call)
            is_sentence = words and (match[1] in CALLS or words.endswith("."))
            if is_sentence and not call.startswith("const char"):
                line = text.count("\n", 0, match.start()) + 1
                yield calls[match[1]], words, f"{name}:{line}", "PKTMON_ERROR_ARGUMENT" in call


def texts_of(name, text, macros):
    text = re.sub(r"\b[A-Z_]+\b", lambda m: macros.get(m.group(), m.group()), text)
    for match in re.finditer(LITERAL.pattern + r"(?:\s*" + LITERAL.pattern + ")*", text):
        words = sentence(match.group())
        if words and " " in words and words.endswith("."):
            yield TEXTS_OF[name], words, f"{name}:{text.count(chr(10), 0, match.start()) + 1}", False


def sources(project):
    project = pathlib.Path(project)
    for room in ROOMS:
        path = project / room
        yield from [path] if path.is_file() else sorted(path.rglob("*.c"))


def fits(pattern, words):
    """Whether a sentence of the pages, in which "…" stands for anything, is this one."""
    parts = [re.escape(part.strip()) for part in pattern.split("…")]
    return re.match(r"\s*.*?\s*".join(parts), words) is not None
