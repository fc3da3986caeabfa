"""The sections of the report, each as lines of Markdown, and the plots that go with them."""

from plot import bars
from results import Summary, median
from targets import cpu_of_builtin, idle_kib, lossless, of_ceiling, targets, times_builtin

NAMES = {
    "ours": "ours", "ours batch": "ours, `batch`", "builtin": "built-in", "ceiling": "ceiling",
    "ceiling batch": "ceiling, arrays", "stock": "stock websocketpp", "beast": "Beast", "bound": "lower bound",
    "ahead": "bound, reading ahead",
}


def figure(value, digits: int = 3) -> str:
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def middle(values: list[float]) -> str:
    return figure(median(values))


def spread(values: list[float]) -> str:
    return f"{figure(min(values))}–{figure(max(values))}" if values else "–"


def both(values: list[float]) -> str:
    """For ratios that have targets."""
    return f"{middle(values)} ({spread(values)})" if values else "–"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def to_reach(s: Summary) -> list[str]:
    rows = []
    for what, comparison, bound, measured in targets(s):
        reached, value = "not measured", median(measured)
        if value is not None:
            reached = "yes" if (value >= bound if comparison == ">=" else value <= bound) else "**no**"
        sign = "≥" if comparison == ">=" else "≤"
        rows.append([what, f"{sign} {bound}", figure(value), spread(measured), reached])
    return table(["", "target", "measured", "of the rounds", "reached"], rows)


def cases(s: Summary) -> list[str]:
    found = [r["case"] for r in s.all(bench="host", contender="ours", measure="flat")]
    return list(dict.fromkeys(found))


def told(case: str) -> str:
    return "base: JSON 100 B, filter, 1 connection" if case == "base" else case


def host_rates(s: Summary) -> tuple[list[str], dict]:
    rows, groups = [], []
    for case in cases(s):
        builtin = lossless(s, case, "builtin")
        flat = {"bench": "host", "case": case, "contender": "builtin", "measure": "flat"}
        rows.append([
            told(case), figure(builtin), figure(lossless(s, case, "ours")), both(times_builtin(s, case, "ours")),
            both(of_ceiling(s, case, "")), figure(lossless(s, case, "ours batch")),
            both(times_builtin(s, case, "ours batch")), both(of_ceiling(s, case, " batch")),
            figure(s.median("batch", bench="host", case=case, contender="ours batch", measure="flat")), _percent(s.median("lost_part", **flat)),
        ])
        groups.append((case, [lossless(s, case, "ours"), lossless(s, case, "ours batch"), builtin]))
    head = ["lossless, messages/s", "built-in", "ours", "times", "of ceiling", "ours, `batch`", "times", "of ceiling", "in a batch",
            "lost by the built-in at full speed"]
    plot = bars("Lossless messages a second (logarithmic)", ["ours", "ours, batch", "built-in"], groups, log=True)
    sender = s.all(bench="host", case="base", measure="sender")
    note = []
    if sender:
        alone = {"bench": "host", "case": "base", "measure": "sender"}
        note = [f"The sender alone, into a recv loop: {figure(s.median('rate', **alone))} messages/s of the base, "
                f"{1000 * s.median('cpu_us', **alone):.0f} ns of CPU each.", ""]
    return table(head, rows) + note + beside(s), {"host-rate.svg": plot}


def beside(s: Summary) -> list[str]:
    """Ceilings that had more of the machine than they should: the sender beside them did not come to its rate."""
    late = [f"{r['case']}, {NAMES[r['contender']]}, {'full speed' if r['measure'] == 'flat' else 'equal rate'}: {sum(p < 0.95 for p in r['values']['beside_part'])} of {len(r['values']['beside_part'])}"
            for r in s.all(bench="host") if any(p < 0.95 for p in r["values"].get("beside_part", []))]
    return [f"Rounds of the ceiling in which the sender beside it did not reach 0.95 of its rate, even the second time: {'; '.join(late)}.", ""] if late else []


def _percent(part) -> str:
    return "–" if part is None else f"{100 * part:.0f} %"


def host_cpu(s: Summary) -> tuple[list[str], dict]:
    rows, groups = [], []
    for case in cases(s):
        def of(contender: str):
            return s.median("cpu_us", bench="host", case=case, contender=contender, measure="equal")

        rate = s.median("rate", bench="host", case=case, contender="builtin", measure="equal")
        rows.append([told(case), figure(rate), figure(of("builtin")), figure(of("ours")), both(cpu_of_builtin(s, case, "ours")), figure(of("ceiling")),
                     figure(of("ours batch")), both(cpu_of_builtin(s, case, "ours batch")), figure(of("ceiling batch")),
                     *[figure(s.median("cores", bench="host", case=case, contender=c, measure="flat"), 2)
                       for c in ("builtin", "ours", "ours batch")]])
        groups.append((case, [of("ours"), of("ours batch"), of("builtin")]))
    head = ["kuiperd's CPU, µs a message", "at messages/s", "built-in", "ours", "of the built-in", "ceiling", "ours, `batch`", "of the built-in",
            "ceiling, arrays",
            "cores at full speed: built-in", "ours", "ours, `batch`"]
    plot = bars("kuiperd's CPU, µs a message, at the same rate (logarithmic)", ["ours", "ours, batch", "built-in"], groups, log=True)
    return table(head, rows), {"host-cpu.svg": plot}


def latency(s: Summary) -> tuple[list[str], dict]:
    rows, groups = [], []
    contenders = ("ours", "ours batch", "builtin")
    for rate in sorted({r["asked"] for r in s.all(bench="host", measure="latency")}):
        for name in ("p50", "p99", "p99.9"):
            keys = {"bench": "host", "measure": "latency", "asked": rate}
            values = [s.median(name, contender=c, **keys) for c in contenders]
            ratios = s.ratios(name, {**keys, "contender": "ours"}, {**keys, "contender": "builtin"})
            lost = sum(s.values("lost", contender="builtin", **keys))
            rows.append([f"{rate:,.0f}/s, {name}", *[figure(v) for v in values], both(ratios), figure(lost) if name == "p50" else ""])
            groups.append((f"{rate:,.0f}/s, {name}", values))
    head = ["µs from the socket to the sink", "ours", "ours, `batch`", "built-in", "ours of built-in", "lost by the built-in"]
    plot = bars("Latency, µs (logarithmic)", ["ours", "ours, batch", "built-in"], groups, log=True)
    return table(head, rows) + latency_cpu(s), {"latency.svg": plot}


def latency_cpu(s: Summary) -> list[str]:
    rows = []
    for rate in sorted({r["asked"] for r in s.all(bench="host", measure="latency")}):
        keys = {"case": "latency", "measure": "latency", "asked": rate}
        of = [figure(s.median("cpu_us", bench="host", contender=c, **keys)) for c in ("builtin", "ours", "ours batch")]
        rows.append([f"{rate:,.0f}/s", of[0], of[1], both(cpu_of_builtin(s, contender="ours", **keys)), of[2],
                     both(cpu_of_builtin(s, contender="ours batch", **keys))])
    head = ["kuiperd's CPU, µs a message, meanwhile", "built-in", "ours", "of the built-in", "ours, `batch`", "of the built-in"]
    return table(head, rows)


def rss(s: Summary) -> list[str]:
    rows = []
    for contender in ("ours", "ours batch", "builtin"):
        keys = {"bench": "host", "measure": "rss", "contender": contender}
        rows.append([NAMES[contender], *[figure(_mib(s.median(name, **keys))) for name in ("idle_bytes", "rss_bytes", "peak_bytes")]])
    return table(["RSS of kuiperd, MiB", "idle, no rule", "at 40,000 messages/s", "most"], rows)


def _mib(value):
    return None if value is None else value / 2**20


def variant(entry: dict) -> str:
    """What sets a measurement of the core apart beside its size."""
    more = [f"{k}" if v is True else str(v) for k, v in sorted(entry.items())
            if k not in ("bench", "contender", "size", "type", "values") and v not in (False, "", "none", "off", "plain")]
    return ", ".join([entry.get("type", ""), *more])


def core(s: Summary) -> tuple[list[str], dict]:
    contenders = [c for c in ("bound", "ours", "stock", "beast") if s.all(bench="core", contender=c)]
    shown = [*contenders[:1], "ahead", *contenders[1:]]
    rows, groups = [], []
    for entry in s.all(bench="core", contender="ours"):
        keys = {k: v for k, v in entry.items() if k not in ("values", "contender")}
        values = [s.median("cpu_us", contender=c, **keys) for c in contenders]
        ours = {"contender": "ours", **keys}
        size = f"{entry['size']} B" if entry["size"] < 1024 else f"{entry['size'] // 1024} KiB"
        rows.append([f"{size}, {variant(entry)}", *[figure(s.median("cpu_us", contender=c, **keys)) for c in shown],
                     both(s.ratios("cpu_us", ours, {"contender": "bound", **keys})),
                     both(s.ratios("cpu_us", ours, {"contender": "ahead", **keys})),
                     both(s.ratios("cpu_us", {"contender": "stock", **keys}, ours))])
        groups.append((f"{size}, {variant(entry)}", values))
    head = ["CPU, µs a message", *[NAMES[c] for c in shown], "ours of the bound", "of that reading ahead", "times as fast as stock"]
    plot = bars("CPU of the receiving process, µs a message (logarithmic)", [NAMES[c] for c in contenders], groups, log=True)
    return table(head, rows), {"core.svg": plot}


def scale(s: Summary) -> tuple[list[str], dict]:
    rows, groups = [], []
    for tls in (False, True):
        for contender in ("ours", "builtin"):
            keys = {"bench": "scale", "contender": contender, "tls": tls}
            if not s.all(**keys):
                continue
            name = f"{NAMES[contender]}, {'TLS' if tls else 'plain'}"
            rows.append([name, figure(s.median("connections", **keys)), middle(idle_kib(s, contender, tls, "fresh_bytes")),
                         middle(idle_kib(s, contender, tls)), figure(s.median("accepted_per_second", **keys)),
                         *[figure(s.median(n, **keys)) for n in ("upgrade_p50_us", "upgrade_p99_us", "message_p50_us", "message_p99_us")]])
            groups.append((name, [median(idle_kib(s, contender, tls))]))
    head = ["", "connections", "KiB each, new", "KiB each, after traffic", "accepted/s", "SYN to upgrade, p50 µs", "p99",
            "SYN to first message, p50 µs", "p99"]
    return table(head, rows), {"scale.svg": bars("RSS an idle connection after traffic, KiB", ["KiB"], groups)}


def micro(s: Summary) -> list[str]:
    rows = []
    names = {r["name"] for r in s.all(bench="micro") if not r["name"].startswith("loop/")}
    for name in sorted(names, key=lambda n: (n.rpartition("/")[0], int(n.rpartition("/")[2]))):
        speed = s.median("bytes_per_second", bench="micro", name=name)
        ns, loop = (s.values("cpu_ns", bench="micro", name=n) for n in (name, f"loop/{name}"))
        rows.append([f"`{name}`", middle(ns), figure(speed / 1e9) if speed else "–", middle(loop),
                     figure(median(ns) / median(loop)) if ns and loop else "–"])
    return table(["", "ns", "GB/s", "a plain loop, ns", "times the loop"], rows)
