"""What own limits refuse."""

from dataclasses import dataclass
from datetime import datetime

from homeward.kit.problems import Problem


@dataclass(eq=False)
class BreakTooLong(Problem):
    slug, status = "break-too-long", 422
    title = "A break ends within a day; go off duty to rest for longer."

    latest: datetime
