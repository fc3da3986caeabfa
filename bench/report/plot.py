"""Bars as SVG: as much as the report wants, and the same bytes for the same numbers."""

import math
from html import escape

COLOURS = {"ours": "#1b6ca8", "ours, batch": "#7fb7de", "built-in": "#c0504d", "stock websocketpp": "#c0504d", "Beast": "#d9a441"}
OTHER = "#9a9a9a"
BAR, GAP, LABELS, WIDTH, RIGHT, TOP = 15, 12, 190, 860, 90, 58


def number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def bars(title: str, series: list[str], groups: list[tuple[str, list]], log: bool = False) -> str:
    """Horizontal bars, one for each series in each group; None leaves one out. log: lengths are logarithms."""
    present = [v for _, values in groups for v in values if v]
    most = max(present, default=1)
    least = min(present, default=1) / 2

    def length(value: float) -> float:
        part = math.log(value / least) / math.log(most / least) if log else value / most
        return max(1.0, part * (WIDTH - LABELS - RIGHT))

    colours = [COLOURS.get(name, OTHER) for name in series]
    out, y = [], TOP
    for label, values in groups:
        shown = [(i, v) for i, v in enumerate(values) if v]
        middle = y + len(shown) * BAR / 2 + 4
        out.append(f'<text x="{LABELS - 10}" y="{middle:.0f}" text-anchor="end">{escape(label)}</text>')
        for i, value in shown:
            long = length(value)
            out.append(f'<rect x="{LABELS}" y="{y}" width="{long:.1f}" height="{BAR - 2}" fill="{colours[i]}"/>')
            out.append(f'<text x="{LABELS + long + 5:.1f}" y="{y + BAR - 4}" class="n">{number(value)}</text>')
            y += BAR
        y += GAP
    legend, x = [], LABELS
    for i, name in enumerate(series):
        legend.append(f'<rect x="{x}" y="32" width="12" height="12" fill="{colours[i]}"/>')
        legend.append(f'<text x="{x + 17}" y="42">{escape(name)}</text>')
        x += 34 + 7 * len(name)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" '
        'font-family="sans-serif" font-size="12">\n'
        "<style>.n{font-size:11px;fill:#444}</style>\n"
        f'<rect width="{WIDTH}" height="{y}" fill="#fff"/>\n'
        f'<text x="10" y="20" font-size="14" font-weight="bold">{escape(title)}</text>\n'
    )
    return head + "\n".join(legend + out) + "\n</svg>\n"
