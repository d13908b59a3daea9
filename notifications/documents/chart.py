"""A bar chart of a few counts as plain numbers: the template draws them and adds nothing."""

from collections.abc import Sequence
from typing import Any

ROW, TEXT, BAR = 46, 16, 14  # pixels: a row, its words, its bar below them
FEWER = "moins de 10"


def draw_bars(counts: Sequence[tuple[str, int | None]]) -> list[dict[str, Any]]:
    """Return one bar for each (label, count); None is a count too small to be told. Widths are per cents of the
    largest."""
    most = max((count or 0 for _, count in counts), default=0)
    return [
        {
            "label": label,
            "words": FEWER if count is None else f"au moins {count}",
            "text_y": ROW * place + TEXT,
            "y": ROW * place + TEXT + BAR // 2,
            "height": BAR,
            "width": f"{100 * count / most:.2f}%" if count else "",
        }
        for place, (label, count) in enumerate(counts)
    ]
