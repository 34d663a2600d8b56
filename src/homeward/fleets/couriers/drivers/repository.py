"""A merchant's own drivers in the table of all couriers. Its role cannot read that: every query names the merchant."""

from homeward.infra.db import Tx


async def ids_of(tx: Tx, merchant_id: str) -> list[str]:
    rows = await tx.all(
        "SELECT id FROM courier WHERE employer_id = %(merchant)s AND status = 'active' ORDER BY name, id",
        merchant=merchant_id,
    )
    return [row["id"] for row in rows]


async def is_driver(tx: Tx, merchant_id: str, courier_id: str) -> bool:
    return (
        await tx.value(
            "SELECT true FROM courier WHERE id = %(id)s AND employer_id = %(merchant)s AND status = 'active'",
            id=courier_id,
            merchant=merchant_id,
        )
        is True
    )


async def gone(tx: Tx, merchant_id: str, phone: str) -> str | None:
    """The driver of this merchant who had this number before they left."""
    found: str | None = await tx.value(
        """SELECT id FROM courier
           WHERE phone = %(phone)s AND employer_id = %(merchant)s AND status = 'suspended' FOR NO KEY UPDATE""",
        phone=phone,
        merchant=merchant_id,
    )
    return found


async def take_back(tx: Tx, courier_id: str, *, name: str, market_id: str, vehicle: str) -> None:
    await tx.run(
        """UPDATE courier SET status = 'active', name = %(name)s, market_id = %(market)s, vehicle = %(vehicle)s
           WHERE id = %(id)s""",
        id=courier_id,
        name=name,
        market=market_id,
        vehicle=vehicle,
    )


async def let_go(tx: Tx, courier_id: str) -> None:
    await tx.run("UPDATE courier SET status = 'suspended' WHERE id = %(id)s", id=courier_id)
