#!/usr/bin/env python3
"""Writes docs/performance.md and its plots from the raw results of the benches, and the summary of them.

report.py --results DIR --docs DIR [--raw DIR]; without raw results, or for the parts that have none, from the summary.
"""

import argparse
import json
from pathlib import Path

import tables
from results import PARTS, Summary, read

INTRO = """\
# Performance

Written by `make bench` from [its results](../bench/results/summary.json); do not edit. What is measured how is in
[develop.md](develop.md#benchmarks).

Every figure is the median of its rounds. Who is compared ran side by side in the same run, one after the other in each
round; a ratio is the median of the ratios of the rounds, and behind it are the lowest and the highest of them.
"""

HOST = """\
One kuiperd, one rule, one sender. **Built-in** is eKuiper's own `websocket` source. The **ceiling** is a source inside
kuiperd that hands over the same payload in new memory as fast as the rule takes it, as JSON arrays of as many messages as
ours has gathered where `batch` is on, while the sender feeds a plain recv loop at the rate that ours had. It is what the
engine makes of such payloads when receiving them costs it nothing, an estimate and no law: it lives on Go's scheduler,
as ours does, in another rhythm. Where ours comes out above it, receiving does not hold the rule up, and how far above
says only how well that rhythm suits the engine. The base is JSON of 100 bytes, `SELECT * FROM s WHERE temperature >
1000`, one connection, plain; each line changes one thing. Rules have `disableBufferFullDiscard`.

Lossless is, for the built-in, the highest rate in steps of 10 % at which three runs of three lost nothing and handled
within the time what was offered (10 s each in the base, 2 s elsewhere); a rate fails only when it fails twice; "–" where none
was found in the time that the search may take. It is
one figure for all rounds. Ours is held up by the rule, so it is sent as much as it takes, and its count of lost
messages is 0 in every run, or there would be no figure; "times" is the median of these runs by the built-in's one rate.
Protobuf and binary are sent to the built-in as text frames, since it throws binary ones away.
"""

CPU = """\
All at the built-in's highest lossless rate; where none was found, at a quarter of the rate that the search began with, at
which the machine has much to spare. The ceiling at the same rate, once a millisecond what is due, shows what of
it is the engine's own.
"""

LATENCY = """\
From the time the sender puts into a message just before it writes it to the socket, to a sink that reads the clock.
JSON 100 B, one connection, `SELECT sent FROM s`; 10 s a round.
"""

MEMORY = """\
While 40,000 messages of 100 B a second flow: the median of twenty looks a second. Most is the kernel's own high mark.
"""

SCALE = """\
All connections open and idle, on a kuiperd of its own for each line; traffic were two messages of 1 KiB on each, at
8,000/s in all. RSS is what kuiperd takes more than without them. The times are those of further connections, one after
the other, beside the idle ones: from the SYN to the answered upgrade, and to the first message at the rule's sink.
"""

CORE = """\
The core without kuiperd: socket to drained batch, one sender as fast as it goes, processor time of the receiving process.
The lower bound receives, unmasks and validates the same bytes, nothing else; over TLS 1.3 it is SSL_read alone, and of
compressed messages it inflates them as well. The one that reads ahead has OpenSSL take 64 KiB from the socket at a time;
targets are against the bare one. Each receiver takes as many messages as make 0.4 s, in another order each round.
"""

MICRO = """\
Beside each a plain loop: over the same bytes a look at each word and its unmasking, for the queue and its drain the one
copy, or the two, that they cannot do without. The number behind the name is the size of a message in bytes; queue and
drain take 256 of them at a time, frames as many as fill 64 KiB, the others one.
"""


BUSY = 1.0  # load average before a part


def machine(parts: dict) -> list[str]:
    lines, told = [], set()
    for part in PARTS:
        info = parts.get(part)
        if not info:
            lines.append(f"- **{part}**: not measured")
            continue
        state = "" if info.get("state") == "complete" else ", **which did not end well: figures are missing or of fewer rounds**"
        busy = ", **above 1.0: other things ran, too**" if (info.get("load") or 0) > BUSY else ""
        commit = info.get("versions", {}).get("commit")
        lines.append(f"- {part}: {info.get('date')}, {info.get('seconds')} s, commit {commit}, load average before {info.get('load')}{busy}{state}")
        versions = ", ".join(f"{k} {v}" for k, v in info.get("versions", {}).items() if v and k != "commit")
        told.add(f"- {info.get('machine')}, {info.get('system')}; {versions}")
    return sorted(told) + lines + [""]


def write(summary: Summary, notes: Path, docs: Path) -> None:
    plots: dict[str, str] = {}
    lines = [INTRO, *machine(summary.parts), "## To reach", "", *tables.to_reach(summary)]
    if notes.exists():
        lines.extend([notes.read_text(encoding="utf-8").rstrip(), ""])

    def section(title: str, text: str, made, of: str) -> None:
        if not summary.all(bench=of):
            return
        lines.extend([title, ""] + ([text] if text else []))
        body, drawn = made if isinstance(made, tuple) else (made, {})
        lines.extend(body)
        for name, svg in drawn.items():
            plots[name] = svg
            lines.extend([f"![{title.lstrip('# ')}](performance/{name})", ""])

    section("## In eKuiper: rate", HOST, tables.host_rates(summary), "host")
    section("## In eKuiper: processor time", CPU, tables.host_cpu(summary), "host")
    section("## In eKuiper: latency", LATENCY, tables.latency(summary), "host")
    section("## In eKuiper: memory", MEMORY, tables.rss(summary), "host")
    section("## Many connections", SCALE, tables.scale(summary), "scale")
    section("## The core alone", CORE, tables.core(summary), "core")
    section("## Its parts", MICRO, tables.micro(summary), "micro")

    (docs / "performance").mkdir(parents=True, exist_ok=True)
    for name, svg in plots.items():
        (docs / "performance" / name).write_text(svg, encoding="utf-8")
    (docs / "performance.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def merged(new: dict, kept: dict) -> dict:
    """Parts that were measured now replace those that were kept."""
    parts = {**kept["parts"], **new["parts"]}
    results = [r for r in kept["results"] if r["bench"] not in new["parts"]] + new["results"]
    return {"parts": {p: parts[p] for p in PARTS if p in parts}, "results": results}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--raw", type=Path)
    arguments.add_argument("--results", type=Path, required=True)
    arguments.add_argument("--docs", type=Path, required=True)
    given = arguments.parse_args()
    file = given.results / "summary.json"
    document = {"parts": {}, "results": []}
    if file.exists():
        document = json.loads(file.read_text(encoding="utf-8"))
    if given.raw:
        document = merged(read(given.raw), document)
        entries = ",\n  ".join(json.dumps(entry, sort_keys=True) for entry in document["results"])
        text = '{"parts": ' + json.dumps(document["parts"], indent=1) + ',\n"results": [\n  ' + entries + "\n]}\n"
        file.write_text(text, encoding="utf-8")
    write(Summary(document), given.results / "notes.md", given.docs)


if __name__ == "__main__":
    main()
