"""Bring a database to the schema of this release, and make the roles that the application uses.

Needs an owner's URL. The application itself logs in as `homeward_app`, which owns nothing and bypasses nothing.
"""

from importlib.resources import files
from typing import Final

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from psycopg import sql

APP_ROLE: Final = "homeward_app"
GROUP_ROLES: Final = ("homeward_merchant", "homeward_operator")

# Two processes that start at once must not migrate at once.
_LOCK: Final = 0x484D5744


def migrate(owner_url: str, app_password: str) -> str:
    """Roles and schema, safe to repeat. Returns the revision that the database now has.

    Raises psycopg.OperationalError if the database does not answer, psycopg.errors.InsufficientPrivilege if the
    owner's account may not create roles.
    """
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        _ensure_roles(connection, app_password)
        revision = _upgrade(owner_url)
        _lift_event_count(connection, app_url(owner_url, app_password))
        return revision


def app_url(owner_url: str, app_password: str) -> str:
    """The application's own way into the same database."""
    return psycopg.conninfo.make_conninfo(_as_conninfo(owner_url), user=APP_ROLE, password=app_password)


def _ensure_roles(connection: "psycopg.Connection[tuple[object, ...]]", app_password: str) -> None:
    for role in GROUP_ROLES:
        _create_role(connection, role, sql.SQL("NOLOGIN"))
    _create_role(connection, APP_ROLE, sql.SQL("LOGIN NOINHERIT"))
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(APP_ROLE), sql.Literal(app_password)))
    # A transaction that somebody forgot would hold back every reader of the event log.
    connection.execute(
        sql.SQL("ALTER ROLE {} SET idle_in_transaction_session_timeout = '60s'").format(sql.Identifier(APP_ROLE))
    )
    for role in GROUP_ROLES:
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(APP_ROLE)))


def _create_role(connection: "psycopg.Connection[tuple[object, ...]]", role: str, options: sql.SQL) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    if not known:
        connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), options))


def _lift_event_count(connection: "psycopg.Connection[tuple[object, ...]]", url: str) -> None:
    """After a restore from a dump: go on counting behind the last event, so that readers' places stay true.

    Read as the operator: row-level security is forced on owners too.
    """
    with psycopg.connect(url) as reader:
        reader.execute("SELECT set_config('role', 'homeward_operator', true)")
        row = reader.execute(
            """SELECT last FROM (SELECT greatest((SELECT max(xid) FROM delivery_event),
                                                 (SELECT max(xid) FROM event_consumer))::text::bigint AS last) AS log
               WHERE last >= pg_current_xact_id()::text::bigint + event_xid_lift()"""
        ).fetchone()
    if row is not None:
        connection.execute(
            sql.SQL("CREATE OR REPLACE FUNCTION event_xid_lift() RETURNS bigint LANGUAGE sql STABLE AS {}").format(
                sql.Literal(f"SELECT {int(str(row[0]))}::bigint")
            )
        )


def _upgrade(owner_url: str) -> str:
    config = Config()
    config.set_main_option("script_location", str(files("homeward.infra") / "migrations"))
    engine = sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(owner_url))
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        with engine.connect() as connection:
            return str(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one())
    finally:
        engine.dispose()


def _as_conninfo(url: str) -> str:
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return psycopg.conninfo.make_conninfo("", **parts)
