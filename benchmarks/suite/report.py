# SPDX-License-Identifier: BSL-1.0
"""What was measured, as a table for people, as JSON, and as a picture."""
import json
from html import escape
from math import ceil, log2


def _goal_of(result, contender):
    """The goals of this contender beside what was measured; those whose peers did not play are left out."""
    said = []
    for goal in result.workload.goals:
        if goal.of != contender or any(name not in result.times for name in goal.to):
            continue
        ratio = result.ratio(goal.of, goal.to)[0]
        said.append(f"{'met' if ratio <= goal.at_most else '**missed**'}: {ratio:.2f} of {result.fastest(goal.to)}, "
                    f"goal {goal.at_most:g}")
    return "; ".join(said)


def _figures(nanoseconds):
    return f"{nanoseconds:.3g}" if nanoseconds < 1000 else f"{nanoseconds:,.0f}"


def markdown(results, machine):
    """A table with a line for each contender of each workload."""
    lines = [f"{machine['processor']}, {machine['cores']} cores, Linux {machine['kernel']}; {machine['compiler']} "
             f"{machine['flags']}; commit {machine['commit']}; medians of {machine['rounds']} interleaved rounds.", ""]
    lines += ["| workload | contender | records | ns/record | of the first [least, greatest] | goals |",
              "|---|---|---|---|---|---|"]
    for result in results:
        about = result.workload.about
        if result.loaded:
            lines.append(f"| {about} | not measured: the machine was loaded | | | | |")
            continue
        first = next(iter(result.times))
        for contender, times in result.times.items():
            ratio, least, greatest = result.ratio(contender, (first,))
            lines.append(f"| {about} | {contender} | {times.records:,} | {_figures(times.nanoseconds)} | "
                         f"{ratio:.2f} [{least:.2f}, {greatest:.2f}] | {_goal_of(result, contender)} |")
            about = ""
    return "\n".join(lines) + "\n"


def as_json(results, machine):
    rows = []
    for result in results:
        rows.append({
            "workload": result.workload.name, "about": result.workload.about, "loaded": result.loaded,
            "disturbed_rounds": result.disturbed,
            "contenders": {name: {"records": times.records, "seconds": times.seconds}
                           for name, times in result.times.items()},
            "goals": [{"of": goal.of, "to": goal.to, "at_most": goal.at_most} for goal in result.workload.goals]})
    return json.dumps({"machine": machine, "results": rows}, indent=1) + "\n"


def svg(results):
    """Bars of the time for a record beside the first contender's, on a logarithmic scale from a quarter on."""
    bars = []
    for result in results:
        if result.loaded:
            continue
        first = next(iter(result.times))
        bars.append((result.workload.about, None))
        bars += [(name, result.ratio(name, (first,))[0]) for name in result.times]
    line, left, unit = 18, 250, 60
    greatest = max((ratio for _name, ratio in bars if ratio), default=1)
    doublings = max(3, ceil(log2(4 * greatest)))
    width = left + unit * doublings + 90
    height = line * (len(bars) + 1) + 10
    drawn = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
             'font-size="12">', f'<rect width="{width}" height="{height}" fill="white"/>']
    one = left + 2 * unit
    drawn.append(f'<line x1="{one}" y1="0" x2="{one}" y2="{height}" stroke="gray" stroke-dasharray="3"/>')
    for place, (name, ratio) in enumerate(bars, 1):
        y = place * line
        if ratio is None:
            drawn.append(f'<text x="4" y="{y}" font-weight="bold">{escape(name)}</text>')
            continue
        length = max(1.0, unit * log2(max(ratio, 0.25) * 4))
        colour = "#d9832f" if name.startswith("leat") else "#7f8fa6"
        drawn.append(f'<text x="{left - 8}" y="{y}" text-anchor="end">{escape(name)}</text>'
                     f'<rect x="{left}" y="{y - 11}" width="{length:.0f}" height="13" fill="{colour}"/>'
                     f'<text x="{left + length + 5:.0f}" y="{y}">{ratio:.2f}</text>')
    return "\n".join([*drawn, "</svg>"]) + "\n"
