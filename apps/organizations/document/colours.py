"""Colours of an organization and their contrast (WCAG 2.2, 1.4.3): text keeps at least 4.5 : 1.

A brand colour that is too light or too dark for text is kept for filled areas; text gets the
nearest shade of it that can be read (R139).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

READABLE = 4.5
LIGHT_GROUND, DARK_GROUND = "#f5f3ee", "#1e1d19"  # --page and --sheet of tokens.css
PAPER, INK, BLACK = "#ffffff", "#151410", "#000000"
STEPS = 100
Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """What stylesheets and mails need, for light and for dark pages."""

    solid: str
    on_solid: str
    text: str
    soft: str
    line: str
    dark_solid: str
    dark_on_solid: str
    dark_text: str
    dark_soft: str
    dark_line: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A colour that cannot be read as text, and the shade that stands in for it."""

    name: str
    given: str
    used: str
    ratio: float


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def palette(colours: Mapping[str, str]) -> Palette | None:
    """Return the shades made of `primary` and `accent`; None when neither is set."""
    primary = colours.get("primary") or colours.get("accent")
    if not primary:
        return None
    accent = colours.get("accent") or primary
    dark_solid = readable(primary, DARK_GROUND)
    return Palette(
        solid=primary,
        on_solid=_on(primary),
        text=readable(accent, LIGHT_GROUND),
        soft=_mixed(primary, PAPER, 0.88),
        line=_mixed(primary, PAPER, 0.65),
        dark_solid=dark_solid,
        dark_on_solid=_on(dark_solid),
        dark_text=readable(accent, DARK_GROUND),
        dark_soft=_mixed(primary, INK, 0.75),
        dark_line=_mixed(primary, INK, 0.5),
    )


def corrections(colours: Mapping[str, str]) -> Iterator[Correction]:
    """Yield each colour whose text would break 4.5 : 1 on a light page."""
    for name, given in colours.items():
        used = readable(given, LIGHT_GROUND)
        if used != given:
            yield Correction(name, given, used, round(contrast(given, LIGHT_GROUND), 2))


def readable(colour: str, ground: str) -> str:
    """Return the colour, or its nearest shade that can be read on the ground."""
    goal = INK if _luminance(ground) > 0.18 else PAPER
    for step in range(STEPS + 1):
        shade = _mixed(colour, goal, step / STEPS) if step else colour
        if contrast(shade, ground) >= READABLE:
            return shade
    return goal


def _on(ground: str) -> str:
    """Return white where it can be read, else dark; one of the three always can."""
    return next(text for text in (PAPER, INK, BLACK) if contrast(text, ground) >= READABLE)


def _mixed(colour: str, goal: str, share: float) -> str:
    parts = (
        round(own + (other - own) * share)
        for own, other in zip(_rgb(colour), _rgb(goal), strict=True)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
