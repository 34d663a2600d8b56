"""Keys in the shapes that other delivery APIs give out, as the portal shows them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from homeward.merchants.credentials.model import Credential, Dialect, NewCredential
from homeward.web.format import Formats, Moment
from homeward.web.forms import Form
from homeward.web.portal.settings_views import MODE
from homeward.web.words import Word

DIALECTS: Final[Mapping[Dialect, str]] = {
    Dialect.GOLOCAL: "GoLocal",
    Dialect.DOORDASH_DRIVE: "DoorDash Drive",
    Dialect.UBER_DIRECT: "Uber Direct",
}
"""As merchants know them; named to say what we are compatible with, and for nothing else."""

_ACCOUNT: Final[Mapping[Dialect, str]] = {
    Dialect.GOLOCAL: "clientId",
    Dialect.DOORDASH_DRIVE: "developer_id",
    Dialect.UBER_DIRECT: "customer_id",
}
_PATHS: Final[Mapping[Dialect, tuple[str, ...]]] = {
    Dialect.GOLOCAL: (
        "/api-proxy/service/supplychain/transportation/v1/daas",
        "/api-proxy/service/identity/oauth/v1/token",
    ),
    Dialect.DOORDASH_DRIVE: ("/drive/v2", "/developer/v1"),
    Dialect.UBER_DIRECT: ("/v1/customers/…", "/oauth/v2/token"),
}


@dataclass(frozen=True, slots=True)
class CredentialRow:
    id: str
    name: str
    dialect: str
    hint: str
    mode: Word
    made: Moment
    used: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class FreshCredential:
    """One just made: every value under the name that the dialect's software asks for it by."""

    dialect: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CredentialsPage:
    rows: tuple[CredentialRow, ...]
    dialects: tuple[tuple[str, str], ...]
    paths: tuple[tuple[str, tuple[str, ...]], ...]
    host: str
    form: Form
    fresh: FreshCredential | None = None


def credentials_page(
    credentials: Sequence[Credential],
    formats: Formats,
    now: datetime,
    host: str,
    form: Form,
    fresh: NewCredential | None = None,
) -> CredentialsPage:
    """Revoked ones come last."""
    ordered = sorted(credentials, key=lambda each: each.revoked_at is not None)
    return CredentialsPage(
        rows=tuple(_row(each, formats, now) for each in ordered),
        dialects=tuple((str(dialect), name) for dialect, name in DIALECTS.items()),
        paths=tuple((name, _PATHS[dialect]) for dialect, name in DIALECTS.items()),
        host=host,
        form=form,
        fresh=_fresh(fresh) if fresh else None,
    )


def _row(credential: Credential, formats: Formats, now: datetime) -> CredentialRow:
    return CredentialRow(
        id=credential.id,
        name=credential.name,
        dialect=DIALECTS[credential.dialect],
        hint=credential.hint,
        mode=MODE[credential.mode],
        made=formats.moment(credential.created_at, now),
        used=formats.ago(credential.last_used_at, now) if credential.last_used_at else "never",
        revoked=credential.revoked_at is not None,
    )


def _fresh(new: NewCredential) -> FreshCredential:
    made = new.credential
    account = (_ACCOUNT[made.dialect], made.account)
    if made.key_id is not None:
        values = (account, ("key_id", made.key_id), ("signing_secret", new.secret))
    elif made.dialect is Dialect.GOLOCAL:
        values = (account, ("Consumer ID (client_id)", made.client_id), ("client_secret", new.secret))
    else:
        values = (account, ("client_id", made.client_id), ("client_secret", new.secret))
    return FreshCredential(DIALECTS[made.dialect], values)
