"""What a reader sees of a PDF."""

import re
from dataclasses import dataclass

import pypdfium2


@dataclass(frozen=True)
class Read:
    pages: int
    text: str
    pictures: int
    metadata: dict[str, str]


def read(pdf: bytes) -> Read:
    document = pypdfium2.PdfDocument(pdf)
    try:
        texts = [page.get_textpage().get_text_bounded() for page in document]
        pictures = sum(len(list(page.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))) for page in document)
        metadata = {name: value for name, value in document.get_metadata_dict().items() if value}
        return Read(len(document), re.sub(r"\s+", " ", " ".join(texts)), pictures, metadata)
    finally:
        document.close()
