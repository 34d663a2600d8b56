"""The base of everything that the client raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class HomewardError(Exception):
    """The API refused, and says why. Decide by the class or by `code`; `title` and `detail` are for people.

    `members` holds what belongs to this code alone, for instance `expired_at`. `retryable` says whether the very same
    request may succeed later. Name `request_id` when you ask for help.
    """

    def __init__(
        self,
        *,
        status: int,
        code: str,
        title: str,
        detail: str | None = None,
        request_id: str | None = None,
        retryable: bool = False,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail or title}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.request_id = request_id
        self.retryable = retryable
        self.members = dict(members or {})


class NoAnswer(HomewardError):
    """The connection failed, each time it was tried; `__cause__` is the last failure. `status` is 0."""

    def __init__(self) -> None:
        super().__init__(status=0, code="no-answer", title="The API did not answer; try again later.", retryable=True)
