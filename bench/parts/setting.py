# SPDX-License-Identifier: GPL-2.0-or-later
"""The environment of a measurement: a build, a network, and a place for files; all of it is removed
at the end."""

import contextlib
import dataclasses
import os
import pathlib
import pwd
import signal
import subprocess
import sys
import tempfile

from .network import Network

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
USER = "nobody"


@dataclasses.dataclass
class Setting:
    build: pathlib.Path
    place: str  # where the user can run the programs
    files: str  # a directory that the user can write to
    user: pwd.struct_passwd
    network: Network


def add_options(parser):
    parser.add_argument("--runs", type=int, default=15, help="rounds (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=3,
                        help="of sending in each run (default: %(default)s)")
    parser.add_argument("--build", type=pathlib.Path, metavar="DIRECTORY",
                        help="build here and leave it there (default: a temporary directory)")


def build(project, directory):
    """Makes a build of the source tree that USER can run, with the agent's capabilities. Returns
    its path."""
    log = subprocess.run(
        ["bash", "-euo", "pipefail", "-c",
         'source "$1/scripts/lib.sh"; build "$2" -DCMAKE_BUILD_TYPE=Release -DBENCH=ON '
         '-DWIRESHARK=OFF -DBUILD_TESTING=OFF; prepare_for_user "$2" "$3" "$2/programs"',
         "bash", project, directory, USER],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if log.returncode != 0:
        raise SystemExit(log.stdout)
    return log.stdout.splitlines()[-1]


@contextlib.contextmanager
def prepared(build_directory):
    """build_directory: path, or None."""
    if os.geteuid() != 0:
        raise SystemExit("Run this as root: it makes network namespaces.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    user = pwd.getpwnam(USER)
    with contextlib.ExitStack() as stack:
        # Not in /tmp, which Debian 13 mounts with nosuid: capabilities would have no effect there.
        directory = build_directory or pathlib.Path(stack.enter_context(
            tempfile.TemporaryDirectory(prefix="pktmon-bench.", dir="/var/tmp")))
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        directory.chmod(0o755)
        place = build(PROJECT, directory)
        files = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="pktmon-bench.", dir="/dev/shm"))
        os.chown(files, user.pw_uid, user.pw_gid)
        network = stack.enter_context(Network(directory / "bench/udp_load"))
        yield Setting(directory, place, files, user, network)
