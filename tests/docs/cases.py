# SPDX-License-Identifier: GPL-2.0-or-later
"""For each command of the pages: what it needs, how it ends, and what it prints (see
commands.py)."""
import os
import re
import subprocess
from dataclasses import dataclass, field

PHASES = ("install", "use", "remove")
ENOUGH_BYTES = 20_000  # of a capture file


@dataclass
class Case:
    command: str  # as printed, without comments and with single spaces
    phase: str = "use"
    until: object = None  # pattern of its output, or name of a file that grows; then Ctrl-C is sent
    least: float = 1  # minimum seconds before Ctrl-C
    ends: tuple = (0,)  # exit status
    prints: list = field(default_factory=list)  # patterns, each of which must match a line
    only: str = ""  # pattern that every line must match
    reports: list = field(default_factory=list)  # patterns for standard error
    makes: list = field(default_factory=list)  # patterns of files that must exist and not be empty
    loud: bool = False  # standard error is a tool's own, and is not checked
    check: object = None  # function of (runner, place, output)

    @property
    def as_root(self):
        return self.in_project or self.command.startswith("sudo ")

    @property
    def in_project(self):
        return self.phase != "use" or self.command.startswith("scripts/")

    def is_enough(self, place, out):
        if self.until in self.makes:
            return any(path.stat().st_size > ENOUGH_BYTES for path in place.glob(self.until))
        return re.search(self.until, out.read_text(errors="replace"), re.MULTILINE) is not None


# --- checks ---

def as_user(runner, place, *words):
    """The lines that a program prints, as the user."""
    user = os.environ["NEWCOMER"]
    done = subprocess.run(["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--", *words],
                          cwd=place, env=runner.environment(), capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout.splitlines()


def packets_of(runner, place, display_filter):
    return as_user(runner, place, "tshark", "-n", "-r", "stack.pcapng", "-Y",
                   f"pktmon.record==1 && ({display_filter})")


def has_packets(count=None, only=None):
    """The file stack.pcapng has this many packets, and only such packets."""
    def check(runner, place, out):
        packets = len(packets_of(runner, place, "frame"))
        assert packets > 0 and count in (None, packets), f"{packets} packets"
        others = packets_of(runner, place, f"!({only})") if only else []
        assert not others, others[:3]
    return check


def prints_lines(count):
    def check(runner, place, out):
        assert len(out.splitlines()) == count, f"{len(out.splitlines())} lines"
    return check


def is_pcap_of(count):
    def check(runner, place, out):
        lines = as_user(runner, place, "capinfos", "-tcM", "one.pcap")
        assert any(line.endswith("pcap") for line in lines), lines
        assert any(line.endswith(f" {count}") for line in lines), lines
    return check


def shows_losses_alone(runner, place, out):
    """The reply to a ping ends as a released copy; its reason alone would look like a loss."""
    assert "Echo (ping) reply" in out, f"no answer to a ping: {out[-500:]}"
    wrong = [line for line in out.splitlines()
             if "NO_SOCKET" in line and "[Dropped: " not in line and "[Copy released: " not in line]
    assert not wrong, wrong[:3]


def is_of_dropped_packets(runner, place, out):
    fates = as_user(runner, place, "tshark", "-n", "-r", "dropped.pcapng", "-Y", "pktmon.record==1",
                    "-T", "fields", "-e", "pktmon.fate", "-e", "udp.dstport")
    assert fates and set(fates) == {"dropped\t7777"}, fates[:3]


# --- the commands ---

A_DROP = r"blue/netfilter input Rx UDP \d+ → 7777 Len=6 \[Dropped: NETFILTER_DROP at nft_do_chain\+0x"
ANSWER_AND_DROP = rf"\A(?=[\s\S]*Echo \(ping\) reply)[\s\S]*{A_DROP}"  # in any order
AGENT = "/usr/libexec/pktmon/pktmon-agent"
PCAP_AGENT = "/usr/libexec/pktmon/pktmon-pcap-agent"

INSTALL = [
    Case("sudo scripts/install-dependencies", "install"),
    Case("cmake -S . -B build -G Ninja -DBUILD_TESTING=OFF", "install", loud=True, prints=["^-- Build files have been written"]),
    Case("cmake --build build", "install"),
    Case("sudo cmake --install build", "install", prints=["/usr/bin/pktmon$"]),
    Case("sudo groupadd --system --force pktmon", "install"),
    Case(f"sudo chgrp pktmon {AGENT}", "install"),
    Case(f"sudo chmod 0750 {AGENT}", "install"),
    Case("sudo setcap cap_bpf,cap_perfmon,cap_net_admin,cap_net_broadcast,cap_sys_admin,cap_sys_ptrace,"
         "cap_dac_read_search=ep " + AGENT, "install"),
    Case('sudo usermod --append --groups pktmon "$USER"', "install"),
    Case(f"sudo chgrp pktmon {PCAP_AGENT}", "install"),
    Case(f"sudo chmod 0750 {PCAP_AGENT}", "install"),
    Case(f"sudo setcap cap_net_raw=ep {PCAP_AGENT}", "install"),
]

# The slowest cases come first, and the others run beside them.
USE = [
    Case("pktmon counters --seconds 10 -r",
         prints=[r"^ +NETFILTER_DROP +[1-9]", r"blue/eth0 +Lower +[1-9]"]),
    Case("scripts/run --demo", loud=True, prints=["^Host pktmon-"], check=shows_losses_alone),
    Case("scripts/run", loud=True, until=ANSWER_AND_DROP, ends=(0, 130), check=shows_losses_alone),
    Case("pktmon capture -w ring.pcapng -b filesize:100000 -b files:10 -a drop:NETFILTER_DROP,5",
         makes=["ring_00001_*.pcapng"], reports=["^[0-9]+ packets, .*NETFILTER_DROP [1-9]"]),
    Case("pktmon capture -w stack.pcapng -a duration:5", makes=["stack.pcapng"],
         reports=["^[1-9][0-9]* packets?, "], check=has_packets()),
    Case("""tshark -i pktmon -Y pktmon.record==1 -o 'gui.column.format:"Time","%t","""
         """"Component","%Cus:pktmon.component.name","Edge","%Cus:pktmon.edge.name","""
         """"Direction","%Cus:pktmon.direction:0:R","Protocol","%p","Info","%i"'""",
         until=ANSWER_AND_DROP, only=r"^ *\d+\.\d+ \S+ ", check=shows_losses_alone),
    Case("tshark -i pktmon -Y 'icmp.type==8 && pktmon.record==1' -T fields -e pktmon.group "
         "-e pktmon.appearance -e pktmon.component.name -e pktmon.edge.name -e pktmon.direction",
         until=r"\tblue/ipv4\t", only=r"^\d+\t\d+\t\S+\t\w*\t\d+$"),
    Case("tshark -i pktmon -o extcap.pktmon.type:drop -o extcap.pktmon.netns:blue -Y pktmon.dropped "
         "-T fields -e pktmon.component.name -e pktmon.drop.reason -e pktmon.drop.location",
         until="NETFILTER_DROP", only=r"^blue/\S+\t[A-Z_0-9]+\t\S+\+0x"),
    Case("tshark -i pktmon -o extcap.pktmon.points:devices -o extcap.pktmon.pktsize:128 -w stack.pcapng",
         until="stack.pcapng", makes=["stack.pcapng"],
         check=has_packets(only="frame.cap_len <= 128 && !(pktmon.edge == 1)")),
    Case("pktmon capture -w - -c 100 | tshark -r - -Y pktmon.record==1", check=prints_lines(100)),
    Case("pktmon capture -w stack.pcapng -a duration:5 && pktmon convert stack.pcapng -w packets.pcapng",
         makes=["stack.pcapng", "packets.pcapng"]),
    Case("pktmon etl2pcap PktMon.etl | pktmon convert - -w packets.pcapng", makes=["packets.pcapng"]),
    Case("pktmon capture --view packets -w stack.pcapng", until="stack.pcapng", makes=["stack.pcapng"],
         check=has_packets(only="pktmon.view == 1")),
    Case("tshark -i pktmon -o extcap.pktmon.view:packets "
         "-Y 'pktmon.fate == \"dropped\" && !pktmon.continued' -T fields -e pktmon.path -e pktmon.drop.reason",
         until=r" → blue/netfilter input\tNETFILTER_DROP$", only=r"^\S.*\t[A-Z_0-9,]+$"),
    Case("pktmon etl2pcap PktMon.etl | pktmon convert - --csv -w hops.csv", makes=["hops.csv"]),
    Case("pktmon etl2pcap PktMon.etl | pktmon convert - --json | grep fate", prints=['"fate":"']),
    Case("pktmon capture -w stack.pcapng -c 1000", makes=["stack.pcapng"],
         reports=["^1000 packets, .* 1 file written: stack.pcapng$"], check=has_packets(1000)),
    Case("pktmon capture -w stack.pcapng", until="stack.pcapng", makes=["stack.pcapng"], check=has_packets()),
    # tshark ends with 2 if it was interrupted.
    Case("pktmon capture -w - -f 'tcp port 443' | tshark -r -", until="TCP.*443", ends=(0, 2)),
    Case("pktmon capture -w ring.pcapng -b filesize:100000 -b files:10", until="ring_00001_*.pcapng",
         makes=["ring_00001_*.pcapng"]),
    # It prints nothing before its end, so there is no sign that it has begun.
    # What it holds until its packets' fates are known is in no file yet.
    Case("pktmon capture --view packets --type dropped -w dropped.pcapng", until="", least=8,
         makes=["dropped.pcapng"], check=is_of_dropped_packets),
    Case("pktmon capture --type drop", until="", least=10, reports=[r"^\d+ packets?, .*NETFILTER_DROP \d"]),
    Case("pktmon watch", until=r"ICMP echo reply .* → .*  delivered  "),
    Case("pktmon watch -f icmp", until=r"ICMP echo reply .* → .*  delivered  ", only=" ICMP |\\*\\* "),
    Case("pktmon watch -w stack.pcapng -a drop:NETFILTER_DROP", makes=["stack.pcapng"],
         prints=["  dropped NETFILTER_DROP at blue/netfilter input "]),
    Case("pktmon watch --json -c 100 | jq -r .summary", prints=[" ICMP echo request "]),
    Case("pktmon watch --json | jq -r 'select(.fate == \"dropped\") | .hops[] | select(.dropped) | .drop_reason'",
         until="^NETFILTER_DROP$", only="^[A-Z_0-9]+$", ends=(0, 130)),
    Case("pktmon etl2pcap PktMon.etl | pktmon watch -", prints=[" → "]),
    Case("pktmondump --capture --fifo stack.pcapng --points devices", until="stack.pcapng",
         makes=["stack.pcapng"], check=has_packets()),
    Case("pktmon counters --live", until=r"blue/eth0 +Lower +[1-9]"),
    Case("pktmon list", prints=[r"veth +[0-9a-f:]{17} +blue/eth0"]),
    Case("pktmon list -a", prints=["blue/netfilter"]),
    Case("tshark -D", prints=[r"pktmon \(Packet Monitor: network stack\)"]),
    Case("uname -a", prints=["Linux"]),
    Case("pktmon --version", prints=[r"^pktmon \d"]),
    Case(f"sudo getcap {AGENT}", prints=["cap_bpf"]),
    Case("tshark -r PktMon.etl -Y pktmon.dropped", only=r"\[Dropped: "),
    Case("pktmon list PktMon.etl", prints=["tcpip"]),
    Case("pktmon etl2pcap PktMon.etl -o PktMon.pcapng", makes=["PktMon.pcapng"]),
    Case("pktmon etl2pcap PktMon.etl | tshark -r -", prints=[r"\[Dropped: "]),
    Case("pktmon etl2pcap PktMon.etl --view packets -o packets.pcapng", makes=["packets.pcapng"]),
    Case("PKTMON_VIEW=packets tshark -r PktMon.etl", prints=["4242"]),
    Case("PKTMON_VIEW=packets editcap PktMon.etl packets.pcapng", makes=["packets.pcapng"]),
    Case("pktmon etl2txt PktMon.etl | head", prints=["[Dd]rop"]),
    Case("pktmon counters PktMon.etl", prints=["."]),
    Case("pktmon hex2pkt -t IP 45000021000200004011 0000 0a000001 0a000002 10921093000d0000 6361626c65",
         only=r"10\.0\.0\.1\.4242 > 10\.0\.0\.2\.4243: UDP, length 5$", check=prints_lines(1)),
    Case("pktmon etl2txt -x PktMon.etl | pktmon hex2pkt", prints=[r"vlan 100,.* UDP, length 6$"]),
    Case("pktmon etl2pcap PktMon.etl --pcap -o PktMon.pcap && tcpdump -n -r PktMon.pcap",
         makes=["PktMon.pcap"], prints=[r" IP 10\.0\.0\.1\.4242 > "], only=" IP ", check=prints_lines(3)),
    Case("pktmon etl2pcap PktMon.etl --pcap --link-type wifi -o air.pcap && tcpdump -n -r air.pcap",
         makes=["air.pcap"], check=prints_lines(1)),
    Case("pktmon etl2pcap PktMon.etl --metadata frames -c 8 -o one.pcapng && tcpdump -n -r one.pcapng",
         makes=["one.pcapng"], check=prints_lines(2)),
    Case("pktmon etl2pcap PktMon.etl --metadata frames -c 8 -o one.pcapng && "
         "editcap -F pcap one.pcapng one.pcap", makes=["one.pcap"], check=is_pcap_of(2)),
]

REMOVE = [
    Case("sudo setcap -r build/capture-core/pktmon-agent", "remove"),
    Case("sudo setcap -r build/capture-core/pktmon-pcap-agent", "remove"),
    Case("sudo cmake --build build --target uninstall", "remove"),
    Case("sudo groupdel pktmon", "remove"),
    Case("sudo rm -rf /etc/pktmon", "remove"),
]

CASES = INSTALL + USE + REMOVE

# The reasons why a command is not run. reference.py compares the names in them with the sources.
NOT_RUN = {
    "scripts/test": "it runs this test",
    "WIRESHARK_PLUGIN_DIR=$PWD/build/plugins WIRESHARK_EXTCAP_DIR=$PWD/build/extcap wireshark":
        "it opens a window; after_use() tries the two folders with tshark",
    "docker run --rm --network=host --pid=host --cgroupns=host -v /run/netns:/run/netns:rslave "
    "--cap-add=BPF --cap-add=PERFMON --cap-add=NET_ADMIN --cap-add=NET_BROADCAST "
    "--cap-add=SYS_ADMIN --cap-add=SYS_PTRACE --cap-add=DAC_READ_SEARCH IMAGE "
    "pktmon capture -w - -a duration:10 > stack.pcapng":
        "it needs a container engine and an image",
}


def after_use(runner):
    """Wireshark from the build tree, as far as it runs without a display; scripts/run has prepared
    it."""
    place = runner.scratch / "home"
    environment = [f"{name}={runner.project}/build/{folder}" for name, folder in
                   [("WIRESHARK_PLUGIN_DIR", "plugins"), ("WIRESHARK_EXTCAP_DIR", "extcap")]]
    for words, wanted in [(["-D"], "pktmon (Packet Monitor: network stack)"),
                          (["-G", "plugins"], "build/plugins")]:
        out = "\n".join(as_user(runner, place, "env", *environment, "tshark", *words))
        if wanted not in out:
            runner.fail(f"tshark {words} does not find what the build tree has: {out[-500:]}")


def after_remove(runner):
    """Nothing of the installation is left: commands.sh has mounted overlays on /usr and /etc."""
    for path in sorted((runner.scratch / "usr").rglob("*")):
        below = path.relative_to(runner.scratch / "usr")
        is_whiteout = path.is_char_device()
        if not is_whiteout and not (path.is_dir() and (runner.scratch / "lower" / below).is_dir()):
            runner.fail(f"/usr/{below} is left")
    with open("/etc/group", encoding="utf-8") as groups:
        if "pktmon" in groups.read():
            runner.fail("the group pktmon is left")
    if os.path.exists("/etc/pktmon"):
        runner.fail("/etc/pktmon is left")


AFTER = {"install": lambda runner: None, "use": after_use, "remove": after_remove}

# --- blocks that are not commands, by page and first line ---

def is_known(runner, block):
    pass


def demo_shows_it(runner, block):
    """A real run prints each line that the README shows, in this order."""
    def bare(line):
        for pattern, word in [(r"^ *\d+\.\d+ ", ""), (r"pktmon-\d+-", "pktmon-N-"), (r" \d+ → ", " N → "),
                              (r"\+0x[0-9a-f]+", "+0x"), (r" +", " ")]:
            line = re.sub(pattern, word, line)
        return line.strip()
    printed = iter(bare(line) for line in runner.outputs["scripts/run --demo"].splitlines())
    for line in block.lines:
        if bare(line) not in printed:
            runner.fail(f"{block.place}: scripts/run --demo does not print: {line}")
            return


def are_display_filters(runner, block):
    filters = [re.split(r" {2,}", line)[0] for line in block.lines]
    as_user(runner, runner.scratch, "tshark", "-r", "PktMon.etl", "-Y",
            " || ".join(f"({one})" for one in filters))


def are_packet_filters(runner, block):
    words = [word for line in block.lines for word in ("--filter", line)]
    as_user(runner, runner.scratch, "pktmon", "capture", "-a", "duration:1", *words)


def are_limits(runner, block):
    """The agent accepts the text as its configuration."""
    os.makedirs("/etc/pktmon", exist_ok=True)
    with open("/etc/pktmon/agent.conf", "w", encoding="utf-8") as file:
        file.write("\n".join(block.lines) + "\n")
    as_user(runner, runner.scratch, "pktmon", "list")


def is_status_line(runner, block):
    for line in block.lines:
        if not re.fullmatch(r"\d+ packets, \d+ bytes, \d+ drops \([A-Z_]+ \d+(, [A-Z_]+ \d+)*\), \d+ lost, "
                            r"1 file written: stack.pcapng", line):
            runner.fail(f"{block.place} is not what pktmon capture prints at its end")


OTHER_BLOCKS = {
    ("README.md", "1.733844298 pktmon-4199-a/eth0 Upper Tx UDP 36227 → 7777 Len=6"): demo_shows_it,
    ("README.md", "pktmon.dropped                               what was dropped"): are_display_filters,
    ("docs/filters.md", "[NAME] OPTION..."): is_known,
    ("docs/filters.md", "-p 443"): are_packet_filters,
    ("docs/install.md", "[limits]"): are_limits,
    ("docs/install.md", "spec:"): is_known,
    ("docs/library.md", "/* example [FILTER [SECONDS]]: prints the packets that match a filter in the syntax of Windows'"):
        is_known,  # reference.py compares these two with the programs that the build compiles
    ("docs/library.md", "/* example-file FILE: captures drops to a pcapng file until Ctrl-C."): is_known,
    ("docs/pktmon.md", "26417 packets, 3312946 bytes, 91 drops (NETFILTER_DROP 88, NO_SOCKET 3), 0 lost, "
     "1 file written: stack.pcapng"): is_status_line,
}
