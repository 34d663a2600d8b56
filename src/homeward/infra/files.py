"""Small files that hold secrets or state: never half written, never readable for others."""

from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write the whole file at once, for its owner alone; a reader sees the old text or the new one."""
    staging = path.with_suffix(".new")
    staging.touch(mode=0o600)
    staging.write_text(text)
    staging.replace(path)
