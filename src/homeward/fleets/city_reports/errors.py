"""What a city is refused. Each is told in MDS's own shape (`api`)."""

from dataclasses import dataclass
from datetime import datetime

from homeward.kit.problems import Problem


@dataclass(eq=False)
class CityTokenInvalid(Problem):
    slug, status = "city-token-invalid", 401
    title = "Send the token that the operator made for this city as `Authorization: Bearer …`."

    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


@dataclass(eq=False)
class BadReportQuery(Problem):
    slug, status = "bad-report-query", 400
    title = "A parameter is missing or wrong."

    parameter: str
    wanted: str

    def detail(self) -> str:
        return f"{self.parameter}: {self.wanted}"


@dataclass(eq=False)
class NoSuchHour(Problem):
    slug, status = "no-such-hour", 404
    title = "There is nothing of this hour: it is not over, or no fleet was here yet."


@dataclass(eq=False)
class HourSettling(Exception):
    """No refusal: MDS answers 202 for an hour that is over while news of it may still come in."""

    ready_at: datetime


@dataclass(eq=False)
class ReportVersionUnknown(Problem):
    slug, status = "report-version-unknown", 406
    title = "Only version 2.0 is served here; accept application/vnd.mds+json;version=2.0."
