"""`/v1/merchant`, `/v1/stores`, `/v1/api-keys`, `/v1/users`; the operator's `/v1/operator/merchants`."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from homeward.infra.auth import Auth, MerchantActor, OperatorActor
from homeward.infra.http import responses
from homeward.infra.operators import EmailTaken
from homeward.kit.hours_json import check_hours, hours_from_json, hours_to_json
from homeward.kit.places import LatLon
from homeward.kit.problems import Forbidden, MalformedRequest, NotFound
from homeward.merchants.errors import (
    ColoursTooClose,
    DomainTaken,
    ExternalIdTaken,
    LastOwner,
    LogoUnusable,
    NoMarketForStore,
    SlugTaken,
    StoreAddressUnclear,
)
from homeward.merchants.model import ApiKey, Merchant, NewApiKey, NewStore, Role, Store, User
from homeward.merchants.service import MerchantsService

_LOGO_CHARS = 750_000


class _Body(BaseModel):
    """A misspelt field is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class PlaceBody(_Body):
    """WGS 84 degrees."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)

    def place(self) -> LatLon:
        return LatLon(self.lat, self.lon)


class HoursBody(_Body):
    """Weekday 0 is Monday; a day without times is closed; `exceptions` replaces the times of a date."""

    time_zone: str = Field(max_length=64, examples=["Europe/Zurich"])
    weekly: dict[str, list[tuple[str, str]]] = Field(examples=[{"0": [["09:00", "18:30"]]}], max_length=7)
    exceptions: dict[str, list[tuple[str, str]]] = Field(default_factory=dict, max_length=800)

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class BrandBody(_Body):
    """How shoppers see the merchant. `logo` is a data URL of a PNG, JPEG or WebP; we draw it anew."""

    display_name: str | None = Field(None, max_length=60)
    colour: str | None = Field(None, max_length=7, examples=["#1f4e79"])
    text_colour: str | None = Field(None, max_length=7)
    logo: str | None = Field(None, max_length=_LOGO_CHARS)
    support_phone: str | None = Field(None, max_length=40)
    support_email: str | None = Field(None, max_length=254)

    def changes(self) -> dict[str, str]:
        return self.model_dump(exclude_none=True)


class ShopperBody(_Body):
    """What shoppers may do themselves on the tracking page."""

    details: bool | None = Field(None, description="instructions, gate code, flat")
    pin: bool | None = Field(None, description="move the pin to the door, as far as the booked way allows")
    leave: bool | None = Field(None, description="say at which spot or with which neighbour it may be left")
    time: bool | None = Field(None, description="choose another time that costs no more")
    dearer_time: bool | None = Field(None, description="choose a time that costs you more; the difference is yours")
    cancel: bool | None = Field(None, description="cancel until a courier is assigned; the fee of your tariff applies")
    tip: bool | None = Field(None, description="tip the courier; you collect it from the shopper")
    rating: bool | None = None
    report: bool | None = Field(None, description="tell of a problem, with a photo")
    share: bool | None = Field(None, description="make a link that shows less")

    def changes(self) -> dict[str, bool]:
        return self.model_dump(exclude_none=True)


class MerchantPatch(_Body):
    name: str | None = Field(None, min_length=1, max_length=120)
    brand: BrandBody | None = None
    shopper: ShopperBody | None = None


class NewStoreBody(_Body):
    """An address, a place, or both; then the place decides where couriers go."""

    name: str = Field(min_length=1, max_length=120)
    address: str = Field("", max_length=300)
    place: PlaceBody | None = None
    external_id: str | None = Field(None, min_length=1, max_length=200)
    phone: str | None = Field(None, max_length=40)
    hours: HoursBody | None = None
    holiday_calendar: str | None = Field(None, max_length=12, examples=["CH", "US-VT"])
    preparation_s: int = Field(900, ge=0, le=86_400)
    pickup_instructions: str = Field("", max_length=1000)


class StorePatch(_Body):
    name: str | None = Field(None, min_length=1, max_length=120)
    address: str | None = Field(None, min_length=1, max_length=300)
    place: PlaceBody | None = None
    external_id: str | None = Field(None, min_length=1, max_length=200)
    phone: str | None = Field(None, max_length=40)
    hours: HoursBody | None = None
    holiday_calendar: str | None = Field(None, max_length=12)
    preparation_s: int | None = Field(None, ge=0, le=86_400)
    pickup_instructions: str | None = Field(None, max_length=1000)
    status: Literal["active", "closed"] | None = None


class NewKeyBody(_Body):
    mode: Literal["live", "test"]
    name: str = Field("", max_length=120)


class NewUserBody(_Body):
    email: str = Field(max_length=254)
    name: str = Field(min_length=1, max_length=120)
    role: Role
    password: str = Field(max_length=200, repr=False)


class UserPatch(_Body):
    role: Role | None = None
    password: str | None = Field(None, max_length=200, repr=False)


class NewMerchantBody(_Body):
    name: str = Field(min_length=1, max_length=120)
    slug: str | None = Field(None, max_length=48)
    brand: BrandBody | None = None
    tracking_domain: str | None = Field(None, max_length=253)
    owner_email: str | None = Field(None, max_length=254)
    owner_name: str = Field("", max_length=120)
    owner_password: str | None = Field(None, max_length=200, repr=False)


class OperatorMerchantPatch(_Body):
    status: Literal["active", "suspended"] | None = None
    tracking_domain: str | None = Field(None, max_length=253)


class MerchantOut(BaseModel):
    id: str
    slug: str
    name: str
    status: str
    brand: dict[str, str]
    tracking_domain: str | None
    created_at: datetime
    shopper: dict[str, bool] = Field(description="what shoppers may do themselves on the tracking page")


class StoreOut(BaseModel):
    id: str
    market_id: str
    external_id: str | None
    name: str
    address: str
    place: PlaceBody
    phone: str | None
    hours: dict[str, Any]
    holiday_calendar: str | None
    preparation_s: int
    pickup_instructions: str
    status: str
    created_at: datetime


class StoresOut(BaseModel):
    items: list[StoreOut]


class KeyOut(BaseModel):
    """`hint` helps to recognise a key; the key itself is shown once."""

    id: str
    mode: str
    name: str
    hint: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKeyOut(KeyOut):
    secret: str = Field(description="The key itself. It is never shown again.", repr=False)


class KeysOut(BaseModel):
    items: list[KeyOut]


class UserOut(BaseModel):
    id: str
    email: str
    name: str
    role: Role
    created_at: datetime


class UsersOut(BaseModel):
    items: list[UserOut]


class MerchantsOut(BaseModel):
    items: list[MerchantOut]


class NewMerchantOut(BaseModel):
    merchant: MerchantOut
    live_key: NewKeyOut
    test_key: NewKeyOut
    owner: UserOut | None


def merchant_json(merchant: Merchant) -> MerchantOut:
    return MerchantOut(
        id=merchant.id,
        slug=merchant.slug,
        name=merchant.name,
        status=merchant.status,
        brand=merchant.brand.to_json(),
        tracking_domain=merchant.tracking_domain,
        created_at=merchant.created_at,
        shopper=merchant.shopper.to_json(),
    )


def store_json(store: Store) -> StoreOut:
    return StoreOut(
        id=store.id,
        market_id=store.market_id,
        external_id=store.external_id,
        name=store.name,
        address=store.address,
        place=PlaceBody(lat=store.place.lat, lon=store.place.lon),
        phone=store.phone,
        hours=hours_to_json(store.hours),
        holiday_calendar=store.holiday_calendar,
        preparation_s=store.preparation_s,
        pickup_instructions=store.pickup_instructions,
        status=store.status,
        created_at=store.created_at,
    )


def key_json(key: ApiKey) -> KeyOut:
    return KeyOut(
        id=key.id,
        mode=key.mode,
        name=key.name,
        hint=key.hint,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def new_key_json(new: NewApiKey) -> NewKeyOut:
    return NewKeyOut(**key_json(new.key).model_dump(), secret=new.secret)


def user_json(user: User) -> UserOut:
    return UserOut(id=user.id, email=user.email, name=user.name, role=user.role, created_at=user.created_at)


def router(service: MerchantsService, auth: Auth) -> APIRouter:
    """What a merchant may do about itself. A test key reads all and changes nothing that live deliveries depend on."""
    api = APIRouter(prefix="/v1", tags=["merchant"])
    api.include_router(_merchant_routes(service, auth))
    api.include_router(_store_routes(service, auth))
    api.include_router(_key_routes(service, auth))
    api.include_router(_user_routes(service, auth))
    return api


def _merchant_routes(service: MerchantsService, auth: Auth) -> APIRouter:
    api = APIRouter()
    anyone = Annotated[MerchantActor, Depends(auth.merchant())]
    owner = Annotated[MerchantActor, Depends(auth.merchant("owner"))]

    @api.get("/merchant", response_model=MerchantOut)
    async def get_merchant(actor: anyone) -> MerchantOut:
        """The merchant that the key or session belongs to."""
        return merchant_json(await service.get(actor.merchant_id))

    @api.patch("/merchant", response_model=MerchantOut, responses=responses(Forbidden, ColoursTooClose, LogoUnusable))
    async def change_merchant(body: MerchantPatch, actor: owner) -> MerchantOut:
        """Changes name, brand and what shoppers may do; what is left out stays."""
        _require_live(actor)
        brand = body.brand.changes() if body.brand else None
        shopper = body.shopper.changes() if body.shopper else None
        return merchant_json(await service.update(actor.merchant_id, name=body.name, brand=brand, shopper=shopper))

    return api


def _store_routes(service: MerchantsService, auth: Auth) -> APIRouter:
    api = APIRouter()
    anyone = Annotated[MerchantActor, Depends(auth.merchant())]
    manager = Annotated[MerchantActor, Depends(auth.merchant("owner", "developer"))]
    refusals = responses(Forbidden, StoreAddressUnclear, NoMarketForStore, ExternalIdTaken)

    @api.get("/stores", response_model=StoresOut)
    async def list_stores(actor: anyone) -> StoresOut:
        """All stores of the merchant, closed ones too, by name."""
        return StoresOut(items=[store_json(store) for store in await service.list_stores(actor.merchant_id)])

    @api.post("/stores", status_code=201, response_model=StoreOut, responses=refusals)
    async def create_store(body: NewStoreBody, actor: manager) -> StoreOut:
        """Adds a store. Its market follows from where it stands; hours left out are the market's."""
        _require_live(actor)
        hours = body.hours.as_json() if body.hours else None
        if hours is not None and (wrong := check_hours(hours)):
            raise MalformedRequest(wrong)
        values = body.model_dump(exclude={"hours", "place"})
        new = NewStore(
            **values,
            place=body.place.place() if body.place else None,
            hours=hours_from_json(hours) if hours is not None else None,
        )
        return store_json(await service.create_store(actor.merchant_id, new))

    @api.get("/stores/{store_id}", response_model=StoreOut, responses=responses(NotFound))
    async def get_store(store_id: str, actor: anyone) -> StoreOut:
        """One store."""
        return store_json(await service.get_store(actor.merchant_id, store_id))

    @api.patch("/stores/{store_id}", response_model=StoreOut, responses={**refusals, **responses(NotFound)})
    async def change_store(store_id: str, body: StorePatch, actor: manager) -> StoreOut:
        """Changes what is given; `null` empties phone, external_id and holiday_calendar."""
        _require_live(actor)
        changes = body.model_dump(exclude_unset=True)
        nullable = {"phone", "external_id", "holiday_calendar"}
        changes = {name: value for name, value in changes.items() if value is not None or name in nullable}
        if body.place:
            changes["place"] = body.place.place()
        if body.hours:
            changes["hours"] = body.hours.as_json()
        return store_json(await service.update_store(actor.merchant_id, store_id, changes))

    return api


def _key_routes(service: MerchantsService, auth: Auth) -> APIRouter:
    api = APIRouter()
    developer = Annotated[MerchantActor, Depends(auth.merchant("owner", "developer"))]

    @api.get("/api-keys", response_model=KeysOut)
    async def list_keys(actor: developer) -> KeysOut:
        """All keys, newest first, without the keys themselves."""
        return KeysOut(items=[key_json(key) for key in await service.list_keys(actor.merchant_id)])

    @api.post("/api-keys", status_code=201, response_model=NewKeyOut, responses=responses(Forbidden))
    async def create_key(body: NewKeyBody, actor: developer, response: Response) -> NewKeyOut:
        """Makes a key and shows it, this once. Only an owner makes a live one: it may do all that an owner may."""
        _require_live(actor)
        if body.mode == "live" and actor.role not in ("owner", "key"):
            raise Forbidden("owner")
        response.headers["Cache-Control"] = "no-store"
        return new_key_json(await service.create_key(actor.merchant_id, body.mode, body.name))

    @api.delete("/api-keys/{key_id}", response_model=KeyOut, responses=responses(Forbidden, NotFound))
    async def revoke_key(key_id: str, actor: developer) -> KeyOut:
        """Revokes a key for good."""
        _require_live(actor)
        return key_json(await service.revoke_key(actor.merchant_id, key_id))

    return api


def _user_routes(service: MerchantsService, auth: Auth) -> APIRouter:
    api = APIRouter()
    owner = Annotated[MerchantActor, Depends(auth.merchant("owner"))]

    @api.get("/users", response_model=UsersOut)
    async def list_users(actor: owner) -> UsersOut:
        """The merchant's people, by e-mail."""
        return UsersOut(items=[user_json(user) for user in await service.list_users(actor.merchant_id)])

    @api.post("/users", status_code=201, response_model=UserOut, responses=responses(Forbidden, EmailTaken))
    async def create_user(body: NewUserBody, actor: owner) -> UserOut:
        """Lets somebody in."""
        _require_live(actor)
        user = await service.create_user(
            actor.merchant_id, email=body.email, name=body.name, role=body.role, password=body.password
        )
        return user_json(user)

    @api.patch("/users/{user_id}", response_model=UserOut, responses=responses(Forbidden, NotFound, LastOwner))
    async def change_user(user_id: str, body: UserPatch, actor: owner) -> UserOut:
        """Gives another role or a new password; a new password ends all sessions of that person."""
        _require_live(actor)
        if body.password is not None:
            await service.set_password(actor.merchant_id, user_id, body.password)
        if body.role is not None:
            return user_json(await service.set_role(actor.merchant_id, user_id, body.role))
        people = await service.list_users(actor.merchant_id)
        found = next((person for person in people if person.id == user_id), None)
        if found is None:
            raise NotFound("user", user_id)
        return user_json(found)

    @api.delete("/users/{user_id}", status_code=204, responses=responses(Forbidden, NotFound, LastOwner))
    async def remove_user(user_id: str, actor: owner) -> None:
        """Shuts somebody out at once."""
        _require_live(actor)
        await service.remove_user(actor.merchant_id, user_id)

    return api


def operator_router(service: MerchantsService, auth: Auth) -> APIRouter:
    """`/v1/operator/merchants`."""
    api = APIRouter(prefix="/v1/operator/merchants", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]
    admin = Annotated[OperatorActor, Depends(auth.operator("admin"))]

    @api.get("", response_model=MerchantsOut)
    async def list_merchants(actor: anyone) -> MerchantsOut:
        """All merchants, by name."""
        return MerchantsOut(items=[merchant_json(merchant) for merchant in await service.all()])

    @api.post(
        "", status_code=201, response_model=NewMerchantOut, responses=responses(SlugTaken, DomainTaken, EmailTaken)
    )
    async def create_merchant(body: NewMerchantBody, actor: admin, response: Response) -> NewMerchantOut:
        """Adds a merchant; its first keys are shown this once."""
        response.headers["Cache-Control"] = "no-store"
        values = body.model_dump(exclude={"brand"})
        new = await service.create_merchant(
            **values, brand=body.brand.changes() if body.brand else None, by=actor.label
        )
        return NewMerchantOut(
            merchant=merchant_json(new.merchant),
            live_key=new_key_json(new.live_key),
            test_key=new_key_json(new.test_key),
            owner=user_json(new.owner) if new.owner else None,
        )

    @api.patch("/{merchant_id}", response_model=MerchantOut, responses=responses(NotFound, DomainTaken))
    async def change_merchant(merchant_id: str, body: OperatorMerchantPatch, actor: admin) -> MerchantOut:
        """Suspends or readmits a merchant, or moves its shoppers' pages to another host name."""
        merchant = None
        if "tracking_domain" in body.model_fields_set:
            merchant = await service.set_tracking_domain(merchant_id, body.tracking_domain)
        if body.status is not None:
            merchant = await service.set_status(merchant_id, body.status, by=actor.label)
        return merchant_json(merchant or await service.get(merchant_id))

    return api


def _require_live(actor: MerchantActor) -> None:
    # A test key lies in scripts and on laptops: it must not be able to move a shop or make itself a live key.
    if actor.role == "key" and actor.mode == "test":
        raise Forbidden("a live key or a signed-in person")
