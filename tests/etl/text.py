#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""text.py BUILD [SAMPLES]: pktmon etl2txt writes what Windows' pktmon writes.

With SAMPLES of a real log there, else of logs that are made here. What a packet's lines must be, tcpdump tells of the same bytes; what the other lines must be, the log
itself, and texts that Microsoft published. The names of the functions say what is tested.
"""
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import packets
from checks import expect, run_all

BUILD = Path(sys.argv[1])
REAL_LOG = Path(sys.argv[2]) / "demikernel_PktMon.etl" if len(sys.argv) > 2 else None
PKTMON, MAKE_LOG = BUILD / "cli/pktmon", BUILD / "tests/etl/make_event_log"
TCPDUMP = shutil.which("tcpdump")
CASES_FILE = os.environ.get("PKTMON_TEST", "unit.etl-text-real") + ".tsv"
WORK = Path(tempfile.mkdtemp(prefix="pktmon-text."))

ETHERNET, RAW, WIFI = 1, 101, 105
TYPES = {ETHERNET: 1, WIFI: 2, RAW: 3}
FLOW, DROP = 160, 170

# The order and names of Microsoft's text of a log of build 20348
# (github.com/microsoft/Windows-Containers, issue 439).
HEADER = """BufferSize Version ProviderVersion NumberOfProcessors EndTime TimerResolution MaxFileSize
LogFileMode BuffersWritten StartBuffers PointerSize EventsLost CPUSpeed LoggerName LogFileName
TimeZoneInformation BootTime PerfFreq StartTime ReservedFlags BuffersLost SessionNameString
LogFileNameString""".split()
PARTITION = ("Event: PartitionInfoExtensionV2, EventVersion: 0, Reserved: 0, PartitionType: 0, "
             "QpcOffsetFromRoot: 0, PartitionId: , ParentId: ")


def run(*words, path=None):
    """The text, and standard error."""
    done = subprocess.run([PKTMON, "etl2txt", "-o", "-", *map(str, words)], capture_output=True,
                          env={**os.environ, "PATH": path or os.environ["PATH"]})
    if done.returncode != 0:
        sys.exit(f"FAILED: etl2txt {words}: {done.stderr.decode()}")
    return done.stdout.decode(), done.stderr.decode()


def case(name, counter, theirs, ours, system="Windows build 20348"):
    folder = BUILD / "cases"
    folder.mkdir(exist_ok=True)
    with open(folder / CASES_FILE, "a") as file:
        file.write(f"{name}\t{system}\t{counter}\t{theirs}\t{ours}\n")
    expect(name, theirs, ours)


# --- logs ---

def packet_body(link_type, data, number, dropped):
    reason, location = (1204, 0xE000460A) if dropped else (0, 0)
    return struct.pack("<QHHHHHHHIIHH", number, 1, 1, 3, TYPES[link_type], 7, 0 if dropped else 1, 0,
                       reason, location, len(data) + 3, len(data)) + data


def make_log(events, zone=b""):
    log = WORK / "made.etl"
    lines = "".join(f"{ticks} {number} {body.hex()}\n" for ticks, number, body in events)
    subprocess.run([MAKE_LOG, log, zone.hex()], input=lines.encode(), check=True)
    return log


def log_of(wanted, dropped=False):
    """wanted: link types and packets, which are longer than the bytes that were logged of them."""
    return make_log([(100 * i, DROP if dropped else FLOW, packet_body(link_type, data, i, dropped))
                     for i, (link_type, data) in enumerate(wanted)])


def mixed():
    kinds = [(ETHERNET, packets.ethernet_packets()), (RAW, packets.ip_packets()),
             (WIFI, packets.wifi_packets())]
    longest = max(len(group) for _, group in kinds)
    return [(link_type, group[i]) for i in range(longest) for link_type, group in kinds if i < len(group)]


# --- the text of tcpdump ---

def spoken(link_type, group, *options, longer=3):
    """tcpdump's text of each packet; the packets are distinguished by their times."""
    first = 1_600_000_000
    content = struct.pack("=IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link_type)
    for i, data in enumerate(group):
        content += struct.pack("=IIII", first + i, 0, len(data), len(data) + longer) + data
    command = [TCPDUMP, "-n", "-K", "-S", "-tt", *options, "-r", "-"]
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    output = subprocess.run(command, input=content, capture_output=True, check=True).stdout
    texts = re.split(r"^(\d{10})\.000000 ", output.decode(errors="replace"), flags=re.M)
    expect("packets that tcpdump shows", [str(first + i) for i in range(len(group))], texts[1::2])
    return texts[2::2]


def as_windows(text):
    """The same with addresses as Windows writes them, as lines of an indented file."""
    headers = re.match(r"(?s).*?(?=: HTTP)|.*", text).group()
    mac = r"(?:(?<![\dA-Fa-f:])|(?<=[A-Z]:))[\da-f]{2}(?::[\da-f]{2}){5}(?![\dA-Fa-f:])"
    headers, rest = re.sub(mac, lambda m: m.group().upper().replace(":", "-"), headers), text[len(headers):]
    first, *others = (headers + rest).removesuffix("\n").split("\n")
    lines = [first] + [line if line[:1] in (" ", "\t") else "\t" + line for line in others]
    return "\n".join(re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", line) for line in lines)


def hex_lines(data):
    lines = ""
    for at in range(0, len(data), 16):
        words = [data[i:min(i + 2, at + 16)].hex() for i in range(at, min(at + 16, len(data)), 2)]
        lines += f"\n\t0x{at:04x}:  " + " ".join(words)
    return lines


def expected(wanted, *options, prefix="\t", **how):
    by_type = {link_type: iter(spoken(link_type, [data for kind, data in wanted if kind == link_type],
                                      *options, **how)) for link_type in {kind for kind, _ in wanted}}
    return [prefix + as_windows(next(by_type[link_type])) for link_type, _ in wanted]


def packets_of(text):
    """The lines below each event of a packet."""
    events = re.split(r"^\[\d\d\][^\n]* (?:Drop: )?PktGroupId [^\n]*\n", text, flags=re.M)[1:]
    return [re.split(r"^\[", event, maxsplit=1, flags=re.M)[0].removesuffix("\n") for event in events]


def compare(what, wanted, got):
    expect(f"number of packets: {what}", len(wanted), len(got))
    for i, (one, other) in enumerate(zip(wanted, got)):
        expect(f"packet {i}: {what}", one, other)


# --- the tests ---

def addresses_of_wifi_have_hyphens():
    frame = bytes.fromhex("08 01 3000 3c846a01ea8b 548ca0980e25 3c846a01ea8c 1000 aaaa03000000 88b5") + b"x" * 20
    text = run(log_of([(WIFI, frame)]))[0]
    for words in "BSSID:3C-84-6A-01-EA-8B", "SA:54-8C-A0-98-0E-25", "DA:3C-84-6A-01-EA-8C":
        expect(f"{words} in {text}", True, words in text)


def the_logger_writes_three_lines_of_itself():
    data = REAL_LOG.read_bytes()
    thread, process = struct.unpack_from("<II", data, 0x50)
    at = 0x48 + 0x20
    numbers = struct.unpack_from("<IIIIQIIIIIIIIQQ", data, at)
    boot, frequency, start, flags, lost = struct.unpack_from("<QQQII", data, at + 0xF8)
    names = data[at + 0x118:0x48 + struct.unpack_from("<H", data, 0x4C)[0]].decode("utf-16-le").split("\0")
    values = [*numbers, "", boot, frequency, start, flags, lost, *names[:2]]
    for i, name in enumerate(HEADER):
        if name in ("LogFileMode", "LoggerName", "LogFileName", "ReservedFlags"):
            values[i] = f"0x{values[i]:X}"
    fields = ", ".join(f"{name}: {value}" for name, value in zip(HEADER, values))
    moment = datetime(1601, 1, 1) + timedelta(microseconds=start // 10)
    head = f"[00]{process:04X}.{thread:04X}::{moment:%Y-%m-%d %H:%M:%S.%f}{start % 10}00 [MSNT_SystemTrace] "
    wanted = [f"{head}Event: Header, {fields}", head + PARTITION, head + PARTITION]
    text, _ = run(REAL_LOG)
    expect("lines of the logger", wanted, [line for line in text.splitlines() if "MSNT_" in line])
    expect("its place", wanted, text.splitlines()[:3])
    said = run(REAL_LOG)[1]
    expect("its name in the list", ["3"], re.findall(r"^ +(\d+)  MSNT_SystemTrace$", said, flags=re.M))
    formatted = re.search(r"Events formatted: (\d+)", said).group(1)
    expect("events of -s", formatted, re.search(r"^Events: (\d+)$", run(REAL_LOG, "-s")[0], flags=re.M).group(1))
    shown = dict(part.split(": ", 1) for part in fields.split(", "))
    case("What the logger lost, in the text of a log", "EventsLost of the log's header", numbers[11],
         int(shown["EventsLost"]))
    case("Buffers, in the text of a log", "BuffersWritten of the log's header", numbers[8],
         int(shown["BuffersWritten"]))


def each_packet_of_a_real_log_is_in_tcpdumps_words():
    text, _ = run(REAL_LOG)
    capture = WORK / "real.pcapng"
    subprocess.run([PKTMON, "etl2pcap", REAL_LOG, "--view", "appearances", "--metadata", "blocks", "-o", capture],
                   capture_output=True, check=True)
    said = subprocess.run([TCPDUMP, "-n", "-e", "-K", "-S", "-t", "-r", "-", "ip"],
                          input=capture.read_bytes(), capture_output=True, check=True).stdout.decode()
    wanted = ["\t" + as_windows(line) for line in said.splitlines()]
    got = packets_of(text)
    compare("of the real log", wanted, got)
    case("Packets of a log that are in tcpdump's words", "lines of tcpdump -n -e -K -S", len(wanted),
         sum(one == other for one, other in zip(wanted, got)))
    for direction, counter in (("Rx", "In"), ("Tx", "Out")):
        counted = re.search(rf"Flow Counters: Component 59,.*Packets {counter} (\d+)", text).group(1)
        lines = len(re.findall(rf"PktGroupId.*Direction {direction} ,.* Component 59,", text))
        case(f"Packets ({direction}) of the network card, in the text of a log",
             f"Packets {counter} of Windows' flow counter", int(counted), lines)


def each_protocol_is_in_tcpdumps_words():
    wanted = mixed()
    log = log_of(wanted)
    sets = {("-e",): [], ("-e", "-v"): ["--verbose"], ("-e", "-v", "-v", "-v"): ["-v", "5"],
            ("-e", "-q"): ["--brief"], (): ["--no-ethernet"]}
    for options, words in sets.items():
        compare(f"etl2txt {' '.join(words)}", expected(wanted, *options), packets_of(run(log, *words)[0]))
    got = packets_of(run(log, "--hex")[0])
    with_bytes = [line + hex_lines(data) for line, (_, data) in zip(expected(wanted, "-e"), wanted)]
    compare("etl2txt --hex", with_bytes, got)


def the_bytes_are_as_tcpdump_writes_them():
    wanted = [(ETHERNET, frame) for frame in packets.ethernet_packets()[:30]]
    compare("--hex", expected(wanted, "-e", "-xx"), packets_of(run(log_of(wanted), "--hex")[0]))


def a_drop_and_a_bare_ip_packet_say_so():
    wanted = [(RAW, packets.ip_packets()[14]), (ETHERNET, packets.ethernet_packets()[14])]
    got = packets_of(run(log_of(wanted, dropped=True))[0])
    compare("drops", expected(wanted, "-e", prefix="\tDrop: "), got)
    expect("the prefix", "\tDrop: ip: 10.0.0.1.50005 > 10.0.0.2.50005: UDP, length 374", got[0])


def vxlan_is_found_at_a_port_of_ones_own():
    wanted = [(ETHERNET, packets.ether(packets.vxlan(8472))), (RAW, packets.vxlan(8472))]
    log = log_of(wanted)
    compare("-l 8472", expected(wanted, "-e", "-T", "vxlan"), packets_of(run(log, "-l", 8472)[0]))
    compare("no -l", expected(wanted, "-e"), packets_of(run(log)[0]))


def a_wrapper(name, *command):
    folder = WORK / name
    folder.mkdir()
    (folder / "tcpdump").write_text("#!/bin/sh\nexec " + " ".join(command) + "\n")
    (folder / "tcpdump").chmod(0o755)
    folder.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def lines_stay_with_their_packets_where_tcpdump_ends():
    wanted = mixed()
    log = log_of(wanted)
    whole = run(log)[0]
    # A tcpdump that ends from time to time is restarted.
    text, said = run(log, path=a_wrapper("ends", TCPDUMP, "-c", "120", '"$@"'))
    expect("a tcpdump that ends", whole, text)
    expect("a warning of it", False, "tcpdump" in said)
    # A tcpdump that prints nothing, or nonsense.
    wanted = [packet for packet in wanted[:30] if packet[0] == ETHERNET]
    log = log_of(wanted)
    whole = run(log)[0]
    for name, command in {"dies": [TCPDUMP, "-c", "1", '"$@"'], "silent": ["true"],
                          "nonsense": ["yes", "1600000000.000000 nonsense"]}.items():
        text, said = run(log, path=a_wrapper(name, *command))
        shown = packets_of(text)
        expect(f"packets of a tcpdump that {name}", len(wanted), len(shown))
        expect(f"nonsense of a tcpdump that {name}", False, "nonsense" in text)
        expect(f"a warning that it {name}", True, "tcpdump could not show " in said)
        expect(f"other lines where it {name}", [line for line in whole.splitlines() if line[0] == "["],
               [line for line in text.splitlines() if line[0] == "["])


def a_tcpdump_that_hangs_is_given_up():
    wanted = mixed()[:9]
    log = log_of([packet for packet in wanted if packet[0] == ETHERNET])
    begin, seconds = time.monotonic(), str(10_000_000 + os.getpid())
    text, said = run(log, path=a_wrapper("hangs", "sh", "-c", f"'while read -r line; do :; done # {seconds}'"))
    expect("a warning of it", True, "tcpdump could not show 3 packets" in said)
    expect("packets", 3, len(packets_of(text)))
    expect("in time", True, time.monotonic() - begin < 20)
    running = [Path(f"/proc/{process}/cmdline") for process in os.listdir("/proc") if process.isdigit()]
    expect("what stays behind", [],
           [file for file in running if file.exists() and f"# {seconds}".encode() in file.read_bytes()])


def without_tcpdump_packets_are_shown_in_fewer_words():
    wanted = mixed()
    log = log_of(wanted)
    text, said = run(log, path="/nonexistent")
    shown = packets_of(text)
    expect("packets", len(wanted), len(shown))
    expect("the sentence", 1, said.count("tcpdump is not installed"))
    # Ordinary packets look the same.
    bare, framed = packets.ip_packets(), packets.ethernet_packets()
    ordinary = [(RAW, bare[n]) for n in (2, 3, 4, 5, 14, 15, 23)]
    ordinary += [(ETHERNET, framed[n]) for n in (2, 3, 5, 14, 30, 32)]
    plain = [i for i, packet in enumerate(wanted) if packet in ordinary]
    expect("ordinary packets", len(ordinary), len(plain))
    said = expected(wanted, "-e")
    for i in plain:
        expect("an ordinary packet without tcpdump", said[i], shown[i])


def status_of(process):
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def tcpdump_runs_without_rights():
    # The reader does not read, so that it blocks.
    log = log_of([(ETHERNET, bytes(1400))] * 1500)
    with subprocess.Popen([PKTMON, "etl2txt", "--hex", log, "-o", "-"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        child = ""
        for _ in range(200):
            child = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().strip()
            if child and os.path.basename(os.readlink(f"/proc/{child}/exe")) == "tcpdump":
                break
            time.sleep(0.05)
        status = status_of(child)
        uid = "65534" if os.geteuid() == 0 else str(os.geteuid())
        expect("its user", [uid] * 4, status["Uid"].split())
        expect("its rights", ["0" * 16] * 3, [status[field] for field in ("CapPrm", "CapEff", "CapAmb")])
        expect("no_new_privs, seccomp", ("1", "2"), (status["NoNewPrivs"], status["Seccomp"]))
        limits = Path(f"/proc/{child}/limits").read_text()
        for limit in ("file size", "processes", "core file size"):
            expect(f"its {limit}", "0", re.search(rf"Max {limit} +(\d+)", limits).group(1))
        process.kill()
    for _ in range(100):
        if not Path(f"/proc/{child}").exists():
            break
        time.sleep(0.05)
    expect("what stays behind", False, Path(f"/proc/{child}").exists())


def what_tcpdump_runs_in_reads_and_writes_no_file_and_has_no_network():
    def inside(*command):
        return subprocess.run([PKTMON, "--decoder", *command], capture_output=True, cwd="/")
    (WORK / "secret").write_text("secret")
    os.chmod(WORK, 0o777)
    python = "/usr/bin/python3"
    expect("a program runs", 0, inside(TCPDUMP, "--version").returncode)
    if Path("/sys/kernel/security/lsm").exists() and "landlock" in Path("/sys/kernel/security/lsm").read_text():
        expect("a file that is read", b"", inside(shutil.which("cat"), WORK / "secret").stdout)
        inside(shutil.which("touch"), WORK / "made")
        expect("a file that is made", False, (WORK / "made").exists())
    for action in ("sched_setaffinity(0, {0})", "setpriority(os.PRIO_PROCESS, 0, 19)", "mkfifo('/tmp/x')"):
        done = inside(python, "-I", "-S", "-c", f"import os\ntry:\n    os.{action}\n    print('done')\n"
                      "except OSError:\n    print('refused')")
        expect(f"{action} {done.stderr}", b"refused\n", done.stdout)


def a_tcpdump_that_packets_took_over_is_ended_and_named():
    log = log_of([(ETHERNET, packet) for packet in packets.ethernet_packets()[:3]])
    for action in ("socket.socket()", "socket.socketpair()", "os.fork()", "os.kill(os.getppid(), 0)",
                   "fcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())",
                   "os.posix_spawn('/bin/true', ['true'], {})",
                   "os.execv('/bin/sh', ['sh', '-c', '/bin/true & wait'])"):
        program = f"import fcntl, os, socket; {action}; print('1600000000.000000 taken over')"
        said = run(log, path=a_wrapper(f"hostile-{action.split('(')[0]}", "/usr/bin/python3", "-I", "-S", "-c",
                                       shlex.quote(program)))[1]
        expect(f"the sentence after {action}", ["Warning: tcpdump was ended because it tried to open a socket or to "
               "start or end a process, which its confinement forbids, and did not show 3 packets, "
               "which are shown in short form here: they may have been made to attack it; look at them only in "
               "an isolated environment."],
               [line for line in said.splitlines() if "tcpdump" in line])


def without_landlock_or_libraries_tcpdump_does_not_run():
    log = log_of([(ETHERNET, packet) for packet in packets.ethernet_packets()[:3]])
    expect("the sentence of a program that may not read its libraries", True,
           "tcpdump does not run in its confinement, where it reads programs and libraries of /usr and /lib alone, "
           "and did not show 3 packets, " in run(log, path=a_wrapper("elsewhere", str(WORK / "tcpdump")))[1])
    # In a container whose engine blocks Landlock.
    done = subprocess.run([BUILD / "tests/etl/without_landlock", PKTMON, "etl2txt", "-o", "-", log], check=True,
                          capture_output=True)
    expect("packets", 3, len(packets_of(done.stdout.decode())))
    expect("the sentence", True, "tcpdump is not run, because it cannot be confined here (Landlock and seccomp are "
           "missing), and did not show 3 packets, " in done.stderr.decode())


def options_of_scripts_are_taken():
    log = log_of(mixed()[:40])
    whole = run(log)[0]
    expect("--stats", run(log, "-s")[0], run(log, "--stats")[0])
    expect("with -s no event is formatted, and none is reported", False, "Events formatted" in run(log, "-s")[1])
    expect("--timestamp", run(log, "-t")[0], run(log, "--timestamp")[0])
    expect("-v before the log", run(log, "-v", 1)[0], run("--verbose", log)[0])
    expect("--verbose --hex", run(log, "-v", 1, "-x")[0], run(log, "--verbose", "--hex")[0])
    expect("-v 5", run(log, "-v", 3)[0], run(log, "-v", 5)[0])
    expect("--brief --timestamp", True, run(log, "--brief", "--timestamp")[0] != whole)
    expect("-m -v 5", 41, len(re.findall(r"\] Level: \d+, Keyword: 0x[\da-f]+, ",
                                          run(log, "-m", "-v", 5)[0])))


def with_timestamp_there_is_the_time_alone():
    log = log_of(mixed()[:40])
    text, whole = run(log, "-t")[0], run(log)[0]
    alone = re.sub(r"^\[\d\d\][\dA-F]+\.[\dA-F]+::\d{4}-\d\d-\d\d (\S+) \[[^\]]+\] ", r"\1 ", whole, flags=re.M)
    expect("the lines", alone, text)
    expect("a line", True, text.splitlines()[1].startswith("00:00:00.000000000 PktGroupId 0, PktNumber 1, "))


def zone(bias, standard, daylight):
    """The date of each change: month, weekday, which of these in the month, hour."""
    def date(when):
        return struct.pack("<8H", 0, when[0], when[1], when[2], when[3], 0, 0, 0) if when else bytes(16)
    return (struct.pack("<i", bias) + bytes(64) + date(standard) + struct.pack("<i", 0) + bytes(64) +
            date(daylight) + struct.pack("<i", -60 if daylight else 0))


def local_time_knows_daylight_saving():
    utc = timezone.utc
    # The first and last moment of summer time in 2024, as published.
    zones = {
        "Los Angeles": (zone(480, (11, 0, 1, 2), (3, 0, 2, 2)), datetime(2024, 3, 10, 10, tzinfo=utc),
                        datetime(2024, 11, 3, 9, tzinfo=utc)),
        "Berlin": (zone(-60, (10, 0, 5, 3), (3, 0, 5, 2)), datetime(2024, 3, 31, 1, tzinfo=utc),
                   datetime(2024, 10, 27, 1, tzinfo=utc)),
        "Sydney": (zone(-600, (4, 0, 1, 3), (10, 0, 1, 2)), datetime(2024, 10, 5, 16, tzinfo=utc),
                   datetime(2024, 4, 6, 16, tzinfo=utc)),
        "Kolkata": (zone(-330, None, None), None, None),
    }
    for name, (information, begin, end) in zones.items():
        bias = struct.unpack_from("<i", information)[0]
        moments = [datetime(2024, 1, 1, tzinfo=utc) + timedelta(days=5 * i, hours=i) for i in range(72)]
        moments += [moment + timedelta(seconds=more) for moment in (begin, end) if moment for more in (-1, 0)]
        moments.sort()
        start = datetime(2024, 1, 1, tzinfo=utc)
        log = make_log([(int((moment - start).total_seconds()) * 10_000_000, 10, struct.pack("<I", 1))
                        for moment in moments], information)
        shown = [line.split("::")[1][:19] for line in run(log, "--local-time")[0].splitlines() if "PktMon]" in line]
        for moment, got in zip(moments, shown, strict=True):
            summer = begin and (begin <= moment < end if begin < end else not end <= moment < begin)
            local = moment + timedelta(minutes=-bias + (60 if summer else 0))
            expect(f"{moment} in {name}", f"{local:%Y-%m-%d %H:%M:%S}", got)
        wanted = {"Los Angeles": "-08:00", "Berlin": "+01:00", "Sydney": "+11:00, daylight saving",
                  "Kolkata": "+05:30"}[name]
        expect(f"the zone of {name}", f"Time zone: UTC{wanted}", run(log, "--stats")[0].splitlines()[-1])


def values_are_as_windows_writes_them():
    """Published: "Direction Rx , Type IP , ", "DropReason INET: transport endpoint was not found , "."""
    medium = [struct.pack("<HHH", 7, 5, value) for value in (0, 16, 19, 12, 4711)]
    mac = struct.pack("<HHI", 7, 6, 6) + bytes.fromhex("0022487bb380")
    component = struct.pack("<HH", 7, 11) + "tcpip.sys\0TCP\0".encode("utf-16-le")
    events = [(i, 60, body) for i, body in enumerate(medium)] + [(8, 70, mac), (9, 20, component)]
    drop = packet_body(RAW, packets.ip_packets()[14], 1, True)
    text = run(make_log(events + [(10, DROP, drop)]))[0]
    got = [line.split("PktMon] ")[1] for line in text.splitlines() if "PktMon]" in line]
    expect("values", [f"Property: Component 7, NdisMedium  = {value} "
                      for value in ("Ethernet ", "WiFi ", "MBB ", "12", "4711")] +
           ["Property: Component 7, PhysAddress  = 0x0022487BB380 ",
            "Component 7, Type 11, Name tcpip.sys, TCP ",
            "Drop: PktGroupId 1, PktNumber 1, Appearance 1, Direction Rx , Type IP , Component 7, Filter 0, "
            "DropReason INET: transport endpoint was not found , DropLocation 0xE000460A, "
            f"OriginalSize {len(drop) - 34 + 3}, LoggedSize {len(drop) - 34} "], got)


def a_log_without_packets_is_said_to_have_none():
    """etl2pcap: the warning for a log with events only."""
    def said_of(log):
        return subprocess.run([PKTMON, "etl2pcap", log, "-o", "-"], capture_output=True, check=True).stderr.decode()

    warning = "Warning: The log has no packets: "
    expect("of a log of properties", True,
           warning in said_of(make_log([(0, 60, struct.pack("<HHH", 7, 5, 0))])))
    expect("of a log of packets", False, warning in said_of(log_of([(RAW, packets.ip_packets()[0])])))


def a_log_s_own_names_are_as_windows_writes_them():
    real = run(REAL_LOG)[0]
    expect("names", True,
           "Property: Component 58, PhysAddress  = 0x0022487BB380 \n" in real and
           "Direction Rx , Type Ethernet , Component 59, Edge 1, Filter 1, OriginalSize 98, LoggedSize 98 \n" in real)


def an_event_without_a_message_is_its_name_and_fields():
    """As Windows writes "Event: Header, BufferSize: 16777216, ..."."""
    text, _ = run(REAL_LOG.parent / "perfview_SelfDescribingSingleEvent.etl")
    expect("the event", ["[MySource] Event: TestEvent, a: {b: Hello, c: World!}"],
           re.findall(r"\[MySource\].*", text))


OF_MADE_LOGS = [
    each_protocol_is_in_tcpdumps_words,
    addresses_of_wifi_have_hyphens,
    the_bytes_are_as_tcpdump_writes_them,
    a_drop_and_a_bare_ip_packet_say_so,
    vxlan_is_found_at_a_port_of_ones_own,
    lines_stay_with_their_packets_where_tcpdump_ends,
    a_tcpdump_that_hangs_is_given_up,
    without_tcpdump_packets_are_shown_in_fewer_words,
    tcpdump_runs_without_rights,
    what_tcpdump_runs_in_reads_and_writes_no_file_and_has_no_network,
    a_tcpdump_that_packets_took_over_is_ended_and_named,
    without_landlock_or_libraries_tcpdump_does_not_run,
    options_of_scripts_are_taken,
    with_timestamp_there_is_the_time_alone,
    local_time_knows_daylight_saving,
    values_are_as_windows_writes_them,
    a_log_without_packets_is_said_to_have_none,
]
OF_A_REAL_LOG = [
    the_logger_writes_three_lines_of_itself,
    each_packet_of_a_real_log_is_in_tcpdumps_words,
    a_log_s_own_names_are_as_windows_writes_them,
    an_event_without_a_message_is_its_name_and_fields,
]


def main():
    os.chmod(WORK, 0o755)
    if REAL_LOG:
        (BUILD / "cases" / CASES_FILE).unlink(missing_ok=True)
    run_all(OF_A_REAL_LOG if REAL_LOG else OF_MADE_LOGS, WORK)


main()
