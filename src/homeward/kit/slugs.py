"""Names as folders and addresses carry them."""

import re
import unicodedata


def plain_slug(name: str) -> str:
    """Small letters, digits and single hyphens: `Café Müller` is `cafe-muller`; empty if nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
