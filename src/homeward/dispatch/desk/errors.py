"""Refusals of the desk."""

from dataclasses import dataclass

from homeward.kit.problems import Problem


@dataclass(eq=False)
class NothingToLookAfter(Problem):
    slug, status = "nothing-to-look-after", 409
    title = "This exception is over; the queue no longer has it."

    subject: str
