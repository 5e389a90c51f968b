# SPDX-License-Identifier: GPL-2.0-or-later
"""The sentences that the programs say, as they stand in the sources."""
import pathlib
import re

# Calls whose text a user reads, and the class of what it says.
CALLS = {
    "agent_fail": "error", "agent_fail_impossible": "error", "agent_say_missing": "missing",
    "g_error_new": "error", "g_set_error": "error", "g_set_error_literal": "error",
    "ebpf_push_notice": "notice", "pcap_push_notice": "notice", "add_missing": "missing",
}
ROOMS = ("capture-core/linux", "capture-core/libpcap", "capture-core/session.c",
         "capture-core/session-output.c", "capture-core/output.c", "capture-core/filter.c",
         "capture-core/netns-words.c",
         "capture-core/packet-filters.c", "capture-core/stream.c", "cli", "extcap",
         "etl-reader")
# Elsewhere this call makes many other texts.
SENTENCES_ALSO = {name: {"g_strdup_printf": "error"}
                  for name in ("capture-core/linux/helper.c", "capture-core/linux/user_limits.c",
                                "capture-core/netns-words.c")}
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
PLURAL = re.compile(r'PLURAL\([^"]*"(?:[^"\\]|\\.)*",\s*"((?:[^"\\]|\\.)*)"\)')
CONVERSION = re.compile(r"%(?:\" *G_GU?INT64_FORMAT *\"|[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh?|ll?|z|j)?[a-zA-Z])")


def arguments(text, start):
    """The text between the parenthesis before start and the one that closes it."""
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
    """The first text of a call, in which "…" stands for what varies; None: it is made elsewhere."""
    call = re.sub(r'"\s*(G_GU?INT64_FORMAT|PRI[a-z]64)\s*"', "d", call)
    call = re.sub(r'"\s*[A-Z][A-Z_]+\s*"', "…", call)  # a macro of another file
    call = re.sub(r'^\s*[A-Z][A-Z_]+\s+"', '"…', call)
    found = re.search(LITERAL.pattern + r'(?:\s*(?:PKTMON_\w+)?\s*' + LITERAL.pattern + ")*", call)
    if not found:
        return None
    text = "".join(LITERAL.findall(found.group()))
    text = CONVERSION.sub("…", text)
    # A number and the word that goes with it: the word of several.
    done = 0
    for many in PLURAL.findall(call):
        at = text.find("… …", done)
        if at >= 0:
            text = text[:at] + "… " + many + text[at + 3:]
            done = at + 2 + len(many)
    text = text.replace('\\"', '"').replace("%%", "%")
    return text if len(text.strip("…. ")) > 3 else None


def said(project):
    """(class, sentence, place, whether it is about an option's value) of each call."""
    for path in sources(project):
        name = str(path.relative_to(project))
        calls = CALLS | SENTENCES_ALSO.get(name, {})
        text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), path.read_text(), flags=re.S)
        macros = dict(re.findall(r'^#define (\w+) +(".*")$', text, re.M))
        for match in re.finditer(r"\b(" + "|".join(calls) + r")\(", text):
            call = re.sub(r"\b[A-Z_]+\b", lambda m: macros.get(m.group(), m.group()),
                          arguments(text, match.end()))
            words = sentence(call)
            is_sentence = words and (match[1] in CALLS or words.endswith("."))
            if is_sentence and not call.startswith("const char"):
                line = text.count("\n", 0, match.start()) + 1
                yield calls[match[1]], words, f"{name}:{line}", "PKTMON_ERROR_ARGUMENT" in call


def sources(project):
    project = pathlib.Path(project)
    for room in ROOMS:
        path = project / room
        yield from [path] if path.is_file() else sorted(path.rglob("*.c"))


def fits(pattern, words):
    """Whether a sentence of the pages, in which "…" stands for anything, is this one."""
    parts = [re.escape(part.strip()) for part in pattern.split("…")]
    return re.match(r"\s*.*?\s*".join(parts), words) is not None
