#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dissector_hops.py json|pdml|ek reads one packet as tshark exports it, and prints of each hop with a
drop its text, component and reason; of ek, which has no trees, the components of all hops."""
import json
import sys
import xml.etree.ElementTree


def of_json():
    layer = json.load(sys.stdin)[0]["_source"]["layers"]["pktmon"]
    for text, hop in zip(layer["pktmon.hop"], layer["pktmon.hop_tree"]):
        if "Drop" in hop:
            yield text, hop["pktmon.component"], hop["Drop"]["pktmon.drop.reason"]


def of_pdml():
    packet = xml.etree.ElementTree.parse(sys.stdin).getroot().find("packet")
    for hop in packet.iterfind("proto[@name='pktmon']/field[@name='pktmon.hop']"):
        values = {field.get("name"): field.get("show") for field in hop.iter("field")}
        if "pktmon.dropped" in values:
            yield values["pktmon.hop"], values["pktmon.component"], values["pktmon.drop.reason"]


def of_ek():
    layer = json.loads(sys.stdin.read().splitlines()[1])["layers"]["pktmon"]
    yield [";".join(next(value for name, value in layer.items() if name.endswith("pktmon_component")))]


for row in {"json": of_json, "pdml": of_pdml, "ek": of_ek}[sys.argv[1]]():
    print("|".join(row))
