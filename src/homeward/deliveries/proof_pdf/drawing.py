"""The sheet as a PDF, on A4, in the merchant's colours.

The typeface is Inter: Latin, Greek and Cyrillic letters, Vietnamese too. Other scripts (Arabic, Hebrew, Chinese,
Japanese, Korean, Thai, those of India) have no letters in it; they come out as empty boxes, and the file stays whole.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import as_file, files
from io import BytesIO
from typing import Any, Final

from PIL import Image as Pictures
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    Image,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from homeward.deliveries.proof_pdf.model import Pair, Picture, Sheet
from homeward.merchants.model import Brand

LONGEST_SIDE_PX: Final = 1_000  # sharp at half the width of a page
_QUALITY: Final = 80
_MARGIN: Final = 18 * mm
_WIDTH: Final = A4[0] - 2 * _MARGIN
_LABELS: Final = 40 * mm
_MOMENTS: Final = 48 * mm
_LOGO_WIDTH: Final = 60 * mm
_LOGO_HEIGHT: Final = 16 * mm
_PICTURE_HEIGHT: Final = 85 * mm
_INK: Final = HexColor("#1a1a1a")
_GREY: Final = HexColor("#5c6370")
_LINE: Final = HexColor("#dfe2e7")
_PLAIN: Final = "Inter"
_BOLD: Final = "Inter-SemiBold"
_BOX: Final = "□"
# The library signs its work in three comments, which no reader needs. They stay as long: offsets count bytes.
_SIGNED: Final = re.compile(rb"ReportLab [Gg]enerated PDF document[^\n]*|(?<=% )The standard fonts dictionary")


def drawn(sheet: Sheet, brand: Brand, pictures: Mapping[str, bytes]) -> bytes:
    """The file. `pictures`: JPEGs by the proof's id; one that is not there any more leaves its caption.

    The same arguments give the same bytes. Takes up to a second: not for the event loop.
    """
    _letters()
    out = BytesIO()
    template = BaseDocTemplate(
        out,
        pagesize=A4,
        title=f"{sheet.title} {sheet.number}",
        author=brand.display_name,
        creator=brand.display_name,
        producer=brand.display_name,
        subject=sheet.title,
        lang=sheet.language,
        invariant=1,
        pageCompression=1,
    )
    frame = Frame(_MARGIN, 20 * mm, _WIDTH, A4[1] - 36 * mm, leftPadding=0, rightPadding=0, topPadding=0)
    template.addPageTemplates([PageTemplate(frames=[frame])])
    template.build(_flow(sheet, brand, pictures), canvasmaker=_pages_of(sheet, brand))
    return _SIGNED.sub(lambda match: b" " * len(match[0]), out.getvalue())


def smaller(jpeg: bytes) -> bytes:
    """The picture as it is printed; only one is in memory in full at a time."""
    with Pictures.open(BytesIO(jpeg)) as image:
        image.draft("RGB", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
        image.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX))
        out = BytesIO()
        image.convert("RGB").save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


@cache
def _letters() -> frozenset[int]:
    """Makes the typeface known, once in a process. What both its weights can write, as code points."""
    known = []
    for name, file in ((_PLAIN, "Inter-Regular.ttf"), (_BOLD, "Inter-SemiBold.ttf")):
        with as_file(files("homeward.deliveries.proof_pdf") / "fonts" / file) as path:
            font = TTFont(name, path)
        pdfmetrics.registerFont(font)
        known.append(frozenset(font.face.charToGlyph))
    return known[0] & known[1]


# ── what stands in the frame ──


def _flow(sheet: Sheet, brand: Brand, pictures: Mapping[str, bytes]) -> list[Flowable]:
    parts: list[Flowable] = [_head(sheet, brand), Spacer(0, 6 * mm), _state(sheet, brand)]
    tables = (
        (sheet.details_title, sheet.details, _LABELS),
        (sheet.contents_title, sheet.contents, 16 * mm),
        (sheet.proof_title, sheet.proof, _LABELS),
    )
    for title, pairs, width in tables:
        parts += _section(title, pairs, width)
    parts += _gallery(sheet.pictures_title, sheet.pictures, pictures)
    return parts + _section(sheet.story_title, sheet.story, _MOMENTS)


def _head(sheet: Sheet, brand: Brand) -> Flowable:
    """The merchant's logo, or its name where it has none."""
    logo = _logo(brand.logo)
    name = _text(brand.display_name, _style(14, 18, bold=True))
    title = _text(sheet.title, _style(10, 14, colour=_GREY, right=True))
    head = Table([[logo or name, title]], colWidths=[_WIDTH * 0.6, _WIDTH * 0.4])
    head.setStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), *_NO_PADDING])
    return head


def _state(sheet: Sheet, brand: Brand) -> Flowable:
    """How it ended, in the brand's colours; an end without a delivery is not dressed up."""
    back = HexColor(brand.colour) if sheet.arrived else HexColor("#eceef1")
    ink = HexColor(brand.text_colour) if sheet.arrived else _INK
    lines = [_text(sheet.state, _style(18, 23, bold=True, colour=ink))]
    lines += [_text(note, _style(10, 14, colour=ink)) for note in sheet.notes]
    box = Table([[lines]], colWidths=[_WIDTH])
    padding: list[Any] = [(f"{side}PADDING", (0, 0), (-1, -1), 4 * mm) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
    box.setStyle([("BACKGROUND", (0, 0), (-1, -1), back), *padding])
    return box


def _section(title: str, pairs: Sequence[Pair], labels_width: float) -> list[Flowable]:
    """A table of which each row may stand on another page; nothing at all without rows."""
    if not pairs:
        return []
    label, text = _style(9, 12.5, colour=_GREY), _style(9, 12.5)
    rows = [[_text(left, label), _text(right, text)] for left, right in pairs]
    rules: list[Any] = [("LINEBELOW", (0, 1), (-1, -1), 0.5, _LINE), ("RIGHTPADDING", (0, 1), (0, -1), 3 * mm)]
    return _titled(title, rows, [labels_width, _WIDTH - labels_width], rules, first_row=12 * mm)


def _gallery(title: str, pictures: Sequence[Picture], content: Mapping[str, bytes]) -> list[Flowable]:
    """Two beside each other, each with its caption, a pair never torn apart."""
    if not pictures:
        return []
    cells = [_captioned(picture, content.get(picture.proof_id)) for picture in pictures]
    pairs = [cells[at : at + 2] for at in range(0, len(cells), 2)]
    rows = [[*pair, ""] if len(pair) == 1 else pair for pair in pairs]
    gaps: list[Any] = [("RIGHTPADDING", (0, 1), (0, -1), 3 * mm), ("LEFTPADDING", (1, 1), (1, -1), 3 * mm)]
    rules = [*gaps, ("BOTTOMPADDING", (0, 1), (-1, -1), 4 * mm)]
    return _titled(title, rows, [_WIDTH / 2] * 2, rules, first_row=_PICTURE_HEIGHT + 20 * mm)


def _captioned(picture: Picture, jpeg: bytes | None) -> list[Flowable]:
    shown: list[Flowable] = []
    if jpeg:
        shown = [_fitted(jpeg, _WIDTH / 2 - 3 * mm, _PICTURE_HEIGHT), Spacer(0, 1.5 * mm)]
    caption = (_text(picture.title, _style(9, 12.5, bold=True)), _text(picture.text, _style(8, 11, colour=_GREY)))
    return [*shown, *caption]


def _titled(
    title: str, rows: Sequence[Sequence[Any]], widths: Sequence[float], rules: Sequence[Any], *, first_row: float
) -> list[Flowable]:
    """A title, and a table that begins right below it. `first_row`: what must fit under the title on the same page."""
    head = [_text(title, _style(12, 16, bold=True)), ""]
    table = Table([head, *map(list, rows)], colWidths=list(widths))
    always: list[Any] = [("SPAN", (0, 0), (-1, 0)), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    table.setStyle([*_NO_SIDES, *always, *rules])
    return [CondPageBreak(first_row + 16 * mm), Spacer(0, 6 * mm), table]


def _logo(data_url: str) -> Flowable | None:
    if not data_url:
        return None
    logo = _fitted(base64.b64decode(data_url.partition(",")[2]), _LOGO_WIDTH, _LOGO_HEIGHT)
    logo.hAlign = "LEFT"
    return logo


def _fitted(content: bytes, width: float, height: float) -> Image:
    wide, high = ImageReader(BytesIO(content)).getSize()
    scale = min(width / wide, height / high)
    return Image(BytesIO(content), wide * scale, high * scale, mask="auto", hAlign="LEFT")


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    """Text and never markup: a name with an angle bracket is a name."""
    return Paragraph(escape(_printable(text), quote=False), style)


def _printable(text: str) -> str:
    """What the typeface cannot write becomes an empty box: it must be seen that something stood there."""
    known = _letters()
    return "".join(" " if not ch.isprintable() else ch if ord(ch) in known else _BOX for ch in text)


def _style(
    size: float,
    leading: float,
    *,
    bold: bool = False,
    colour: Color = _INK,
    right: bool = False,
) -> ParagraphStyle:
    return ParagraphStyle(
        "text",
        fontName=_BOLD if bold else _PLAIN,
        fontSize=size,
        leading=leading,
        textColor=colour,
        alignment=2 if right else 0,
        splitLongWords=1,
    )


_NO_SIDES: Final[list[Any]] = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)]
_NO_PADDING: Final[list[Any]] = [
    *_NO_SIDES,
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]


# ── what stands on every page ──


def _pages_of(sheet: Sheet, brand: Brand) -> type[Canvas]:
    """A canvas that holds every page back until it knows how many there are."""

    class Numbered(Canvas):
        _held: list[dict[str, Any]]

        def showPage(self) -> None:  # noqa: N802  # the library's name
            held: list[dict[str, Any]] = self.__dict__.setdefault("_held", [])
            held.append({name: value for name, value in self.__dict__.items() if name != "_held"})
            self._startPage()  # type: ignore[attr-defined]  # as the library's own recipe for "page x of y" does

        def save(self) -> None:
            held = self._held
            for number, page in enumerate(held, 1):
                self.__dict__.update(page)
                _frame(self, sheet, brand, number, len(held))
                super().showPage()
            super().save()

    return Numbered


def _frame(canvas: Canvas, sheet: Sheet, brand: Brand, number: int, pages: int) -> None:
    canvas.setFillColor(HexColor(brand.colour))
    canvas.rect(0, A4[1] - 4 * mm, A4[0], 4 * mm, stroke=0, fill=1)
    canvas.setFillColor(_GREY)
    canvas.setFont(_PLAIN, 8)
    canvas.drawString(_MARGIN, 11 * mm, _cut(f"{brand.display_name} · {sheet.number}", _WIDTH * 0.75))
    canvas.drawRightString(A4[0] - _MARGIN, 11 * mm, sheet.page.format(page=number, pages=pages))


def _cut(text: str, width: float) -> str:
    """As much as fits into one line of the foot."""
    printable = _printable(text)
    if pdfmetrics.stringWidth(printable, _PLAIN, 8) <= width:
        return printable
    while printable and pdfmetrics.stringWidth(printable + "…", _PLAIN, 8) > width:
        printable = printable[:-1]
    return printable + "…"
