"""How many parts a text message takes, and in which alphabet.

Source: 3GPP TS 23.038 (the GSM 7-bit default alphabet and its extension) and TS 23.040 (concatenation: a header of
six bytes leaves 153 septets or 67 UTF-16 units a part). One letter outside the alphabet turns the whole message into
UCS-2 and doubles its price, which is why templates for SMS avoid them.
"""

from dataclasses import dataclass
from typing import Literal

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these takes two septets, an escape and a letter, which may not stand in two parts.
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")

_LOOKALIKES = str.maketrans(
    {"³": "3", "²": "2", "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "}
)


@dataclass(frozen=True)
class Segments:
    """What a text costs: its alphabet, its length in that alphabet's units and the parts that are billed."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int


def plain(text: str) -> str:
    """`text` with typographic signs replaced by their look-alikes in the GSM alphabet; letters stay as they are."""
    return text.translate(_LOOKALIKES)


def count_segments(text: str) -> Segments:
    """The parts that `text` takes as an SMS. An empty text still takes one."""
    if all(letter in GSM_BASIC or letter in GSM_EXTENSION for letter in text):
        sizes = [2 if letter in GSM_EXTENSION else 1 for letter in text]
        return Segments("GSM-7", sum(sizes), _parts(sizes, single=160, joined=153))
    sizes = [len(letter.encode("utf-16-be")) // 2 for letter in text]
    return Segments("UCS-2", sum(sizes), _parts(sizes, single=70, joined=67))


def _parts(sizes: list[int], single: int, joined: int) -> int:
    if sum(sizes) <= single:
        return 1
    parts, used = 1, 0
    for size in sizes:
        if used + size > joined:
            parts, used = parts + 1, 0
        used += size
    return parts
