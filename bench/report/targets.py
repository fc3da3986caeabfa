"""What was to be reached, and what was measured."""

from results import Summary

BASE = {"bench": "host", "case": "base"}


def lossless(s: Summary, case: str, contender: str):
    """Messages a second that a source took without losing one; None where that was not found."""
    if contender == "builtin":
        return s.median("rate", bench="host", case=case, contender=contender, measure="lossless") or None
    keys = {"bench": "host", "case": case, "contender": contender, "measure": "flat"}
    if any(s.values("lost", **keys)) or any(s.values("failed", **keys)):
        return None
    return s.median("rate", **keys)


def times_builtin(s: Summary, case: str, contender: str) -> list[float]:
    """Of each round of ours; the built-in's rate is one."""
    other = lossless(s, case, "builtin")
    if not other or not lossless(s, case, contender):
        return []
    return [rate / other for rate in s.values("rate", bench="host", case=case, contender=contender, measure="flat")]


def of_ceiling(s: Summary, case: str, batch: str, name: str = "rate", measure: str = "flat") -> list[float]:
    keys = {"bench": "host", "case": case, "measure": measure}
    return s.ratios(name, {**keys, "contender": f"ours{batch}"}, {**keys, "contender": f"ceiling{batch}"})


def cpu_of_builtin(s: Summary, case: str, contender: str, measure: str = "equal", **more) -> list[float]:
    keys = {"bench": "host", "case": case, "measure": measure, **more}
    return s.ratios("cpu_us", {**keys, "contender": contender}, {**keys, "contender": "builtin"})


def is_plain(entry: dict) -> bool:
    """Without TLS and compression, however the core's bench names them."""
    return not any(entry.get(key) not in (None, False, "", "plain", "none", "off") for key in ("tls", "transport", "compression", "compressed"))


def core_entry(s: Summary, contender: str, size: int, kind: str, plain: bool = True):
    for entry in s.all(bench="core", contender=contender, size=size, type=kind):
        if is_plain(entry) == plain and not entry.get("compressed") and entry.get("compression") in (None, "", "none", "off"):
            return entry
    return None


def core_ratios(s: Summary, one: str, other: str, size: int, kind: str = "text", plain: bool = True) -> list[float]:
    a, b = core_entry(s, one, size, kind, plain), core_entry(s, other, size, kind, plain)
    if not a or not b:
        return []
    keys = [{k: v for k, v in entry.items() if k != "values"} for entry in (a, b)]
    return s.ratios("cpu_us", *keys)


def idle_kib(s: Summary, contender: str, tls: bool, after: str = "traffic_bytes") -> list[float]:
    keys = {"bench": "scale", "contender": contender, "tls": tls}
    return [
        (with_them - without) / n / 1024
        for with_them, without, n in zip(s.values(after, **keys), s.values("start_bytes", **keys), s.values("connections", **keys))
    ]


def targets(s: Summary) -> list[tuple]:
    """What, comparison, bound, measured in each round."""
    p99 = {"bench": "host", "case": "latency", "measure": "latency", "asked": 10000}
    rows = [
        ("lossless rate, JSON 100 B, filter, `batch`: times the built-in's", ">=", 9, times_builtin(s, "base", "ours batch")),
        ("the same without `batch`", ">=", 2.2, times_builtin(s, "base", "ours")),
        ("of the engine's ceiling, same ingest pattern, `batch`", ">=", 0.95, of_ceiling(s, "base", " batch")),
        ("the same without `batch`", ">=", 0.95, of_ceiling(s, "base", "")),
        ("host CPU a message, `batch`: of the built-in's", "<=", 0.22, cpu_of_builtin(s, "base", "ours batch")),
        ("the same without `batch`", "<=", 0.6, cpu_of_builtin(s, "base", "ours")),
    ]
    for size, name, bound in ((92, "92 B", 6), (1024, "1 KiB", 3), (65536, "64 KiB", 1.5)):
        rows.append((f"core, text of {name}: CPU against the lower bound", "<=", bound, core_ratios(s, "ours", "bound", size)))
    for size, name, bound in ((92, "92 B", 2.5), (1024, "1 KiB", 5), (65536, "64 KiB", 8)):
        rows.append((f"core, text of {name}: times as fast as stock websocketpp", ">=", bound, core_ratios(s, "stock", "ours", size)))
    rows += [
        ("TLS 1.3, 16 KiB: CPU against a bare SSL_read loop", "<=", 1.3, core_ratios(s, "ours", "bound", 16384, plain=False)),
        ("p99 latency at 10,000 messages/s: of the built-in's", "<=", 1.0,
         s.ratios("p99", {**p99, "contender": "ours"}, {**p99, "contender": "builtin"})),
        ("KiB of RSS an idle connection after traffic, plain", "<=", 8, idle_kib(s, "ours", False)),
        ("the same with TLS", "<=", 32, idle_kib(s, "ours", True)),
    ]
    return rows
