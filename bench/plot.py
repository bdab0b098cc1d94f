"""Line charts as SVG; both axes have their zero."""

import math
from html import escape

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 48
COLOURS = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf", "#7f7f7f",
           "#e377c2"]


def ticks(largest, smallest=0, about=5):
    """Round numbers, 0 among them, from the last that isn't above `smallest` to the first that isn't below `largest`."""
    smallest, largest = min(0, smallest), max(0, largest)
    width = largest - smallest
    step = 10 ** math.floor(math.log10(width / about))
    step *= next(f for f in (1, 2, 5, 10) if f * step * about >= width)
    return [i * step for i in range(math.floor(smallest / step + 1e-9), math.ceil(largest / step - 1e-9) + 1)]


def svg(title, x_label, y_label, curves):
    """`curves` maps a name to (x, y) points."""
    points = [point for curve in curves.values() for point in curve]
    xs, ys = (ticks(max(values), min(values)) for values in zip(*points))

    def at(x, y):
        return (LEFT + (x - xs[0]) / (xs[-1] - xs[0]) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - (y - ys[0]) / (ys[-1] - ys[0]) * (HEIGHT - TOP - BOTTOM))

    def line(a, b, colour):
        (x1, y1), (x2, y2) = a, b
        return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'

    def text(x, y, content, anchor="middle", more=""):
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(content)}</text>'

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
             'font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             text(WIDTH / 2, 18, title, more=' font-size="14"')]
    for x in xs:
        parts += [line(at(x, ys[0]), at(x, ys[-1]), "#ddd"),
                  text(at(x, 0)[0], HEIGHT - BOTTOM + 16, f"{round(x, 9):g}")]
    for y in ys:
        parts += [line(at(xs[0], y), at(xs[-1], y), "#ddd"),
                  text(LEFT - 6, at(0, y)[1] + 4, f"{round(y, 9):g}", "end")]
    parts += [text(WIDTH / 2, HEIGHT - 12, x_label),
              text(16, HEIGHT / 2, y_label, more=f' transform="rotate(-90 16 {HEIGHT / 2})"')]
    for number, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [at(x, y) for x, y in curve]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        parts.append(text(LEFT + 10, TOP + 14 + 16 * number, name, "start", f' fill="{colour}"'))
    return "\n".join(parts) + "\n</svg>\n"
