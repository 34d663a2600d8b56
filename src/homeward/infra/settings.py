"""Everything an operator can set, read once from `HOMEWARD_*` variables and the command line, passed on as values.

No secret has a working default: `homeward up` makes its own on first start and keeps them in its data folder.
"""

import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self
from uuid import UUID

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from homeward.infra.files import write_private
from homeward.kit.clock import Clock, ScaledClock, SystemClock


class Settings(BaseSettings):
    """Defaults suit `homeward up` on one machine; reference: docs/reference/settings.md."""

    model_config = SettingsConfigDict(env_prefix="HOMEWARD_", extra="forbid", frozen=True)

    data_dir: Path = Field(Path(".homeward"), description="Where everything is kept")
    host: str = Field("127.0.0.1", description="The address to listen on; 0.0.0.0 for all")
    port: int = Field(8080, description="The port to listen on")
    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses of reverse proxies whose X-Forwarded-* headers are believed, with commas"
    )
    public_url: str | None = Field(
        None, description="How browsers reach this installation; default http://localhost:PORT"
    )
    database_url: str | None = Field(
        None,
        description="Any Postgres, as the schema's owner (`up`, `migrate`); without it an embedded one is started",
        repr=False,
    )
    app_database_url: str | None = Field(
        None,
        description="The same Postgres as homeward_app (`serve`, `work`, `plan`); `homeward up` hands it on itself",
        repr=False,
    )
    demo: bool = Field(False, description="Set by `homeward demo`: the mailbox is open, couriers may be moved")

    clock_anchor_real_s: float | None = Field(
        None, description="With the next two: a business clock that runs fast. Simulations only"
    )
    clock_anchor_business: datetime | None = Field(None, description="Business time at that real moment")
    clock_speed: float = Field(1.0, description="Business seconds per real second")

    smtp_url: str | None = Field(
        None, description="smtp://user:password@host:port; without it e-mails wait in the mailbox page", repr=False
    )
    email_sender: str = Field(
        "delivery@localhost", description="The address e-mails come from; the name is the merchant's"
    )
    text_gateway_url: str | None = Field(
        None, description="POST {to, from, body} as JSON; without it texts wait in the mailbox page"
    )
    text_gateway_token: str | None = Field(None, description="Sent to the text gateway as a bearer token", repr=False)
    relay_phone: str | None = Field(
        None, description="Number that connects with a courier by the code of the delivery; without it none is told"
    )
    relay_after_end_minutes: int = Field(
        30, ge=0, le=1_440, description="How long after a delivery's end its courier can still be called by its code"
    )
    city_provider_id: UUID | None = Field(
        None, description="The provider_id that cities know this operator by (MDS); default: one made of the public URL"
    )
    webhook_allowed_networks: str = Field(
        "", description="CIDR list that webhooks may reach although private; the demo adds loopback"
    )
    api_requests_per_minute: int = Field(
        6_000, ge=6, description="How many requests each credential may make, counted by each web process"
    )
    sent_kept_days: int = Field(
        30, ge=4, description="Days for which sent webhooks, e-mails and texts are kept, to look at and to send again"
    )
    geocoder_url: str | None = Field(
        None, description="nominatim+https://… or pelias+https://…; without it the embedded one"
    )
    weather_url: str | None = Field(
        None, description="Server of forecasts in Open-Meteo's form; without it only fleets themselves mind the weather"
    )
    city_notices_url: str | None = Field(
        None, description="GeoJSON of where machines may not go for a while; without it there are no such notices"
    )
    otlp_endpoint: str | None = Field(None, description="OpenTelemetry collector (OTLP over HTTP)")
    log_level: str = Field("info", description="debug, info, warning or error")
    log_json: bool = Field(False, description="Log lines as JSON")

    @property
    def sent_kept(self) -> timedelta:
        return timedelta(days=self.sent_kept_days)

    def clock(self) -> Clock:
        """Real time unless all of the simulation's anchor is given."""
        if self.clock_anchor_real_s is None or self.clock_anchor_business is None:
            return SystemClock()
        return ScaledClock(self.clock_anchor_real_s, self.clock_anchor_business, self.clock_speed)

    @property
    def base_url(self) -> str:
        return self.public_url or f"http://localhost:{self.port}"

    def environment(self) -> dict[str, str]:
        """These settings as variables, for a child process."""
        values = self.model_dump(mode="json", exclude_none=True)
        return {**os.environ, **{f"HOMEWARD_{name.upper()}": str(value) for name, value in values.items()}}


class SecretsDamaged(Exception):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is damaged. Restore it from a backup: the database's password is in it.")


@dataclass(frozen=True, slots=True)
class Secrets:
    """Made on first start, kept readable for the owner only."""

    app_password: str = field(repr=False)

    @classmethod
    def load(cls, data_dir: Path) -> Self:
        """Read `secrets.json`, or make it. Raises SecretsDamaged."""
        path = data_dir / "secrets.json"
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            fresh = {name: secrets.token_urlsafe(32) for name in cls.__dataclass_fields__}
            write_private(path, json.dumps(fresh))
        try:
            kept = json.loads(path.read_text())
            return cls(**{name: kept[name] for name in cls.__dataclass_fields__})
        except (TypeError, KeyError, json.JSONDecodeError) as cause:
            raise SecretsDamaged(path) from cause
