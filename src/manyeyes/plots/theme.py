"""The looks of plots: colours for light and for dark surroundings, and the rules that use them."""

from __future__ import annotations

#: What it colours, for light and for dark surroundings. Text has a contrast of 4.5:1 or more against the
#: paper, marks 3:1 (WCAG 2.2, 1.4.3 and 1.4.11).
COLOURS = {
    "paper": ("#ffffff", "#0d1117"),
    "ink": ("#1f2328", "#f0f6fc"),
    "quiet": ("#59636e", "#9da7b3"),
    "rule": ("#d1d9e0", "#30363d"),
    "edge": ("#6e7781", "#8b949e"),
    "mark": ("#0b62c4", "#58a6ff"),
    "gap": ("#8a4600", "#e3a45b"),
}

_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'

#: `{ink}` stands for a colour of the above.
_RULES = """
.plot { display: block; width: 100%; max-width: 40rem; height: auto; }
.plot text { font-family: FONT; font-size: 12px; fill: {ink}; }
.plot .plot-head { font-size: 15px; font-weight: 600; }
.plot .plot-quiet { fill: {quiet}; }
.plot .plot-small { font-size: 10.5px; }
.plot .plot-end { text-anchor: end; }
.plot .plot-mid { text-anchor: middle; }
.plot .plot-paper { fill: {paper}; }
.plot .plot-rule { stroke: {rule}; stroke-width: 1; }
.plot .plot-edge { stroke: {edge}; stroke-width: 1; fill: none; }
.plot .plot-track { fill: {rule}; fill-opacity: 0.45; }
.plot .plot-mark { fill: {mark}; }
.plot .plot-on-light { fill: #000000; }
.plot .plot-on-dark { fill: #ffffff; }
.plot .plot-rest { fill: {quiet}; fill-opacity: 0.55; }
.plot .plot-hatch { stroke: {gap}; stroke-width: 2.2; }
.plot .plot-middle { stroke: {ink}; stroke-width: 1.5; stroke-dasharray: 4 3; }
"""


def _rules(chosen: dict[str, str], pattern: str = _RULES) -> str:
    for name, colour in chosen.items():
        pattern = pattern.replace("{" + name + "}", colour)
    return pattern.replace("FONT", _FONT)


def _coloured(chosen: dict[str, str]) -> str:
    """The rules that name a colour, and nothing else of them."""
    lines = [line for line in _RULES.splitlines() if any("{" + name + "}" in line for name in COLOURS)]
    return _rules(chosen, "\n".join(lines))


def _chosen(dark: bool) -> dict[str, str]:
    return {name: pair[dark] for name, pair in COLOURS.items()}


#: For an SVG file of its own. Renderers that know no `@media` show it light.
FILE_STYLE = (
    f"{_rules(_chosen(dark=False))}"
    f"@media (prefers-color-scheme: dark) {{\n{_coloured(_chosen(dark=True))}\n}}\n"
)


def page_style() -> str:
    """For a page that holds plots: the colours are variables, `--plot-ink` and so on, which it may set."""
    variables = _rules({name: f"var(--plot-{name})" for name in COLOURS})
    light = "".join(f" --plot-{name}: {pair[0]};" for name, pair in COLOURS.items())
    dark = "".join(f" --plot-{name}: {pair[1]};" for name, pair in COLOURS.items())
    return (
        f":root {{{light} }}\n@media (prefers-color-scheme: dark) {{ :root {{{dark} }} }}\n"
        f"@media print {{ :root {{{light} }} }}\n{variables}"
    )
