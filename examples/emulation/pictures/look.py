# SPDX-License-Identifier: Apache-2.0
"""How the pictures look: one style sheet, light and dark by the viewer's wish, and words of theirs.

Colours never stand alone: what differs in colour differs in shape, dash or words too. The eight of
the lines are told apart by people who see red and green alike.
"""

SANS = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, 'DejaVu Sans Mono', monospace"
SIZES = {"title": 18, "name": 12, "label": 10.5, "small": 10, "value": 10.5, "code": 10.5,
         "figure": 15}
BOLD = ("title", "name", "value", "figure")
MONOS = ("code",)
LINES = 8              # colours of lines: l0 ... l7
HEATS = 7              # steps of heat: q0 ... q6
MARGIN = 24

LIGHT = {
    "ground": "#fcfcfb", "ink": "#26292e", "muted": "#646a72", "grid": "#e2e4e7", "axis": "#9aa0a8",
    "good": "#1a7f37", "bad": "#c0182f", "send": "#2361ad", "timer": "#7650a8", "cut": "#c0182f",
    "gap": "#eff0f2", "server": "#e2edf9", "client": "#fdecdd", "main": "#ebecee", "chip": "#fff6cf",
    "chipedge": "#a98a17", "wait": "#d9dce1",
    "on": ("#26292e",) * 4 + ("#ffffff",) * 3,
    "lines": ("#0072b2", "#c75400", "#008a63", "#b4548f", "#8a6d00", "#4b5fa8", "#444a52", "#a3333d"),
    "heats": ("#e8f1fa", "#cfe2f3", "#abcdea", "#7fb2dc", "#3577b0", "#235d99", "#174a80"),
}
DARK = {
    "ground": "#16181c", "ink": "#e4e6ea", "muted": "#9aa1ab", "grid": "#2b2f36", "axis": "#6b727c",
    "good": "#4cc46c", "bad": "#ff6b78", "send": "#74aef0", "timer": "#bb98ea", "cut": "#ff6b78",
    "gap": "#22252b", "server": "#1d3554", "client": "#4a3018", "main": "#32363d", "chip": "#4a4117",
    "chipedge": "#d3b540", "wait": "#434953",
    "on": ("#e4e6ea",) * 5 + ("#101215",) * 2,
    "lines": ("#56b4e9", "#f08a3c", "#35c496", "#e08fc0", "#dcc13c", "#93a5ee", "#c4c9d1", "#f0868f"),
    "heats": ("#1b2530", "#1d3247", "#1e4263", "#215582", "#2b6ca6", "#4489c8", "#7cb2e6"),
}


def style():
    sizes = "\n".join(
        f".{name} {{ font-size: {size}px;" + (" font-weight: 600;" if name in BOLD else "")
        + (f" font-family: {MONO};" if name in MONOS else "") + " }" for name, size in SIZES.items())
    return (f"\ntext {{ font-family: {SANS}; font-size: 11px; }}\n{sizes}\n"
            ".right { text-anchor: end; } .middle { text-anchor: middle; }\n"
            ".halo { paint-order: stroke; stroke-width: 3px; stroke-linejoin: round; }\n"
            ".hair { stroke-width: 1; } .life { stroke-width: 1.2; } .gone { stroke-dasharray: 1 5; }\n"
            ".arrow, .loop { fill: none; stroke-width: 1.3; }\n"
            ".answer { stroke-dasharray: 5 3; } .copy { stroke-dasharray: 2 2; }\n"
            ".cross { fill: none; stroke-width: 2.2; }\n"
            ".series { fill: none; stroke-width: 2; stroke-linejoin: round; }\n"
            ".series.others { stroke-width: 1; stroke-opacity: .45; }\n"
            ".dash1 { stroke-dasharray: 7 3; } .dash2 { stroke-dasharray: 2 3; } "
            ".dash3 { stroke-dasharray: 9 3 2 3; }\n"
            f"{colours(LIGHT)}@media (prefers-color-scheme: dark) {{\n{colours(DARK)}}}\n")


def colours(of):
    filled = {"ground": "ground", "gap": "gap", "server": "server", "client": "client",
              "main": "main", "other": "main", "wait": "wait", "shade": "cut", "note": "ink",
              "dot": "ink"}
    stroked = {"hair": "grid", "axis": "axis", "life": "axis", "arrow": "ink", "cross": "bad",
               "zigzag": "axis", "met": "good", "told": "muted", "edge": "cut", "series": "muted"}
    words = {"muted": "muted", "good": "good", "bad": "bad"}
    lines = [f"text {{ fill: {of['ink']}; }} .halo {{ stroke: {of['ground']}; }}",
             *(f".{name} {{ fill: {of[key]}; }}" for name, key in filled.items()),
             *(f"text.{name} {{ fill: {of[key]}; }}" for name, key in words.items()),
             *(f".{name} {{ stroke: {of[key]}; }}" for name, key in stroked.items()),
             f".zigzag, .met, .edge {{ fill: none; }} .shade {{ fill-opacity: .09; }}",
             f".arrow.send, .copy {{ stroke: {of['send']}; }} .loop {{ stroke: {of['timer']}; }}",
             f".lost {{ stroke: {of['bad']}; }} text.of-send {{ fill: {of['send']}; }}",
             f"text.of-timer {{ fill: {of['timer']}; }} .chip {{ fill: {of['chip']}; "
             f"stroke: {of['chipedge']}; }} .known {{ stroke-dasharray: 2 2; }}",
             f".server, .client, .main, .other {{ stroke: {of['axis']}; }}",
             f".point.told {{ fill: {of['ground']}; stroke-width: 1.6; }}",
             f".head {{ fill: {of['ink']}; }} .head.send {{ fill: {of['send']}; }} "
             f".head.timer {{ fill: {of['timer']}; }} .alarm {{ fill: {of['ground']}; "
             f"stroke: {of['bad']}; stroke-width: 1.6; }} .note {{ stroke: {of['ground']}; }}"]
    lines += [f".l{i} {{ stroke: {colour}; }} .f{i} {{ fill: {colour}; }} "
              f"text.l{i} {{ fill: {colour}; stroke: none; }}" for i, colour in enumerate(of["lines"])]
    lines += [f".q{i} {{ fill: {of['heats'][i]}; }} text.on{i} {{ fill: {of['on'][i]}; }}"
              for i in range(HEATS)]
    return "\n".join(lines) + "\n"


def line_of(index):
    """Colour and dash of the line of that number: apart for the first 32."""
    dash = (index + index // LINES) % 4
    return f"series l{index % LINES}" + (f" dash{dash}" if dash else "")


def ms(value):
    """'1,234 ms'; fractions only where there are some."""
    return f"{value:,.0f} ms" if value == int(value) else f"{value:,.1f} ms"


def number(value):
    return f"{value:,.0f}" if value == int(value) else f"{value:,.6g}"


def plural(count, word):
    return f"{count:,} {word}" + ("" if count == 1 else "s")
