"""The child process that draws: a chart as JSON comes in, a PNG goes out. Imports nothing of ours.

Run as a script, by `bot.pictures.studio` alone.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

_MEMORY_LIMIT = 1024 * 1024 * 1024
_CPU_LIMIT_S = 20
_INCHES, _DPI = (6.0, 4.4), 200  # letters that can be read on a phone
#: Told apart by all kinds of eyes, and by their lightness too.
_COLOURS = {
    "light": {
        "items": "#1f6fb5",
        "sent": "#d9820f",
        "hy": "#d9820f",
        "ru": "#1f6fb5",
        "en": "#2a9d78",
        "other": "#8a8f98",
    },
    "dark": {
        "items": "#4f9be0",
        "sent": "#f2b24a",
        "hy": "#f2b24a",
        "ru": "#4f9be0",
        "en": "#46c39a",
        "other": "#9aa0aa",
    },
}
_THEMES = {
    "light": {
        "ground": "#ffffff",
        "text": "#1c2733",
        "faint": "#63707d",
        "grid": "#e3e8ec",
        "surge": "#c2185b",
        "silent": "#b8c0c8",
    },
    "dark": {
        "ground": "#17212b",
        "text": "#f2f5f7",
        "faint": "#9aabb8",
        "grid": "#2b3945",
        "surge": "#ff6f9f",
        "silent": "#52626f",
    },
}


def _limit_process() -> None:
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, _MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_LIMIT_S, _CPU_LIMIT_S))


def draw(chart: dict[str, Any], into: Any) -> None:
    """Draw a chart (bot.model.Chart) as PNG."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    mpl.rcParams.update(
        {
            # Ships with matplotlib, and has Armenian and Cyrillic.
            "font.family": "DejaVu Sans",
            "font.size": 11,
            "hatch.linewidth": 0.7,
            # What people typed is no formula.
            "text.parse_math": False,
        }
    )
    theme, colours = _THEMES[chart["theme"]], _COLOURS[chart["theme"]]
    figure = Figure(figsize=_INCHES, dpi=_DPI, facecolor=theme["ground"])
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor=theme["ground"])
    size = chart["size"]
    totals = [0] * size
    handles = []
    beside = chart["side_by_side"]
    width = 0.82 / len(chart["bars"]) if beside else 0.82
    for number, (language, name, counts) in enumerate(chart["bars"]):
        shift = width * (number - (len(chart["bars"]) - 1) / 2) if beside else 0.0
        handles.append(
            axes.bar(
                [place + shift for place in range(size)],
                counts,
                bottom=0 if beside else totals,
                width=width,
                color=colours[language],
                edgecolor=theme["ground"],
                linewidth=0.4,
                label=name,
                zorder=3,
            )
        )
        join = max if beside else sum
        totals = [join(each) for each in zip(totals, counts, strict=True)]
    most = max(totals, default=0)
    axes.set_ylim(0, max(4.0, most * 1.16))
    axes.set_xlim(-0.6, max(size, 8) - 0.4)
    for place in chart["days"]:
        axes.axvline(place - 0.5, color=theme["grid"], linewidth=1.2, zorder=1)
    handles += _mark_silence(axes, chart, theme)
    handles += _mark_surges(axes, chart, totals, theme)
    _dress(figure, axes, chart, theme)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    if most == 0:
        axes.text(
            0.5, 0.5, chart["empty_label"], transform=axes.transAxes, ha="center", va="center",
            fontsize=14, color=theme["faint"], zorder=6,
        )  # fmt: skip
    if handles:
        figure.legend(
            handles=handles,
            loc="outside lower center",
            ncols=min(len(handles), 3),
            frameon=False,
            labelcolor=theme["text"],
            fontsize=10,
            handlelength=1.3,
            columnspacing=1.3,
        )
    figure.savefig(into, format="png", facecolor=theme["ground"])


def _mark_silence(axes: Any, chart: dict[str, Any], theme: dict[str, str]) -> list[Any]:
    """Hatch what nobody heard; return what stands for it in the legend."""
    from matplotlib.patches import Patch

    if not chart["silent"]:
        return []
    look: dict[str, Any] = {
        "facecolor": "none",
        "edgecolor": theme["silent"],
        "hatch": "///",
        "linewidth": 0,
    }
    for first, last in _runs(chart["silent"]):
        axes.axvspan(first - 0.5, last + 0.5, zorder=2, **look)
    return [Patch(label=chart["silent_label"], **look)]


def _runs(places: list[int]) -> list[tuple[int, int]]:
    """Return neighbours together, each run by its first and last."""
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and place == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs


def _mark_surges(
    axes: Any, chart: dict[str, Any], totals: list[int], theme: dict[str, str]
) -> list[Any]:
    surges = chart["surges"]
    if not surges:
        return []
    lift = axes.get_ylim()[1] * 0.035
    return [
        axes.scatter(
            surges,
            [totals[place] + lift for place in surges],
            marker="v",
            s=64,
            color=theme["surge"],
            edgecolors=theme["ground"],
            linewidths=0.6,
            label=chart["surge_label"],
            zorder=5,
        )
    ]


def _dress(figure: Any, axes: Any, chart: dict[str, Any], theme: dict[str, str]) -> None:
    """Write what stands around the bars."""
    axes.set_title(
        chart["title"], loc="left", fontsize=12.5, fontweight="bold", color=theme["text"], pad=10
    )
    axes.set_ylabel(chart["y_label"], color=theme["faint"], fontsize=11)
    axes.set_xticks(
        [place for place, _ in chart["ticks"]], labels=[label for _, label in chart["ticks"]]
    )
    axes.tick_params(colors=theme["faint"], length=0, labelsize=10, pad=6)
    days = set(chart["days"])
    for (place, _), label in zip(chart["ticks"], axes.get_xticklabels(), strict=True):
        if place in days:
            label.set(color=theme["text"], fontweight="bold")
    axes.grid(axis="y", color=theme["grid"], linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(theme["grid"])


if __name__ == "__main__":
    _limit_process()
    draw(json.load(sys.stdin), sys.stdout.buffer)
