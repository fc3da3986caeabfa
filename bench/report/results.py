"""Raw results of the benches, and the summary of them that is kept in the tree.

A raw result is a line of JSON. Those that tell the same but for their round are one entry of the summary, with a list of
values, in the order of the rounds, for each number.
"""

import json
import math
import statistics
from pathlib import Path

PARTS = ("host", "scale", "core", "micro")
# What tells results apart, as far as it is not text or true and false.
NUMBERS_OF_KEYS = ("size", "asked")
NOT_KEPT = ("round", "handled", "sent", "count", "wall_us", "messages", "max_us")


def _short(value: float) -> float:
    """Five digits are more than any of it is worth."""
    if not isinstance(value, float) or value == 0 or not math.isfinite(value):
        return value
    return round(value, 4 - math.floor(math.log10(abs(value))))


def _lines(path: Path):
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue  # the last line of a bench that was ended


def _micro(path: Path):
    """Google Benchmark's own form."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError:
        return
    units = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    runs = [run for run in document.get("benchmarks", []) if not run.get("error_occurred")]
    single = [run for run in runs if run.get("run_type") != "aggregate"]
    # Told to, it gives nothing but aggregates of its repetitions.
    for run in single or [run for run in runs if run.get("aggregate_name") == "median"]:
        line = {"bench": "micro", "name": run.get("run_name", run["name"]), "cpu_ns": run["cpu_time"] * units[run["time_unit"]]}
        if "bytes_per_second" in run:
            line["bytes_per_second"] = run["bytes_per_second"]
        yield line


def read(raw: Path) -> dict:
    """The summary of what lies in that folder."""
    parts, entries = {}, {}
    for part in PARTS:
        path = raw / f"{part}.jsonl"
        if not path.exists():
            continue
        machine = raw / f"{part}.machine.json"
        parts[part] = json.loads(machine.read_text(encoding="utf-8")) if machine.exists() else {}
        for line in _micro(path) if part == "micro" else _lines(path):
            keys, values = {}, {}
            for name, value in line.items():
                if name in NOT_KEPT:
                    continue
                number = isinstance(value, (int, float)) and not isinstance(value, bool)
                wanted = name in NUMBERS_OF_KEYS and not (name == "asked" and line.get("measure") in ("equal", "flat"))
                (keys if wanted or not number else values)[name] = value
            entry = entries.setdefault(json.dumps(keys, sort_keys=True), {**keys, "values": {}})
            for name, value in values.items():
                entry["values"].setdefault(name, []).append(_short(value))
    return {"parts": parts, "results": list(entries.values())}


class Summary:
    def __init__(self, document: dict):
        self.parts = document["parts"]
        self.results = document["results"]

    def all(self, /, **keys) -> list[dict]:
        return [r for r in self.results if all(r.get(k) == v for k, v in keys.items())]

    def values(self, name: str, /, **keys) -> list[float]:
        found = self.all(**keys)
        return found[0]["values"].get(name, []) if found else []

    def median(self, name: str, /, **keys):
        values = self.values(name, **keys)
        return statistics.median(values) if values else None

    def ratios(self, name: str, ours: dict, other: dict) -> list[float]:
        """Of the rounds: what stood side by side is compared."""
        return [a / b for a, b in zip(self.values(name, **ours), self.values(name, **other)) if b]


def median(values: list[float]):
    return statistics.median(values) if values else None
