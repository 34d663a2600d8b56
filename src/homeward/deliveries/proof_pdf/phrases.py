"""The words of the sheet, in the languages we speak. Pure.

A new language is one more `Phrases` in `LANGUAGES`; the type checker finds a sentence that was forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Phrases:
    """Everything on the sheet that is not the merchant's or the shopper's own."""

    titles: Mapping[str, str]  # by state; "" for one that has not ended
    states: Mapping[str, str]
    steps: Mapping[str, str]
    kinds: Mapping[str, str]
    vehicles: Mapping[str, str]
    spots: Mapping[str, str]
    reasons: Mapping[str, str]
    test: str
    details: str
    contents: str
    proof: str
    pictures: str
    story: str
    page: str
    merchant: str
    number: str
    own_number: str
    store: str
    recipient: str
    door: str
    promised: str
    courier: str
    way_back: str
    left_at: str
    left_at_door: str
    why: str
    parcel: str
    pin: str
    pin_met: str
    pin_missing: str
    pin_locked: str
    age: str
    age_met: str  # {age}
    age_sober: str
    age_missing: str  # {age}
    age_elsewhere: str
    age_refused: str
    not_sober: str
    scan: str
    scan_right: str  # {label}, {at}
    scan_wrong: str  # {label}, {at}
    signed: str
    taken: str  # {step}, {at}
    at_place: str  # {place}
    pin_was_wrong: str
    wrong_scan: str  # {label}
    may_leave: str
    without: str  # {what}
    more: str  # {count}


ENGLISH: Final = Phrases(
    titles={
        "delivered": "Proof of delivery",
        "returned": "Proof of return",
        "": "Record of a delivery",
    },
    states={
        "booked": "Booked",
        "scheduled": "Scheduled",
        "searching": "Being prepared",
        "assigned": "Courier assigned",
        "to_pickup": "Courier on the way to the store",
        "at_pickup": "Courier at the store",
        "picked_up": "Picked up",
        "to_dropoff": "On the way to the door",
        "at_dropoff": "Courier at the door",
        "handed_over": "Handed over",
        "delivered": "Delivered",
        "returning": "On the way back to the store",
        "at_return": "Courier back at the store",
        "returned": "Returned to the store",
        "cancelled": "Cancelled",
        "failed": "Not delivered",
    },
    steps={"pickup": "At the store", "dropoff": "At the door", "return": "Back at the store"},
    kinds={"photo": "Photo", "signature": "Signature", "note": "Note", "code": "Code", "scan": "Scan", "pin": "PIN"}
    | {"age_check": "Age check"},
    vehicles={
        "foot": "on foot",
        "bicycle": "by bicycle",
        "scooter": "by scooter",
        "car": "by car",
        "van": "by van",
    },
    spots={
        "front_door": "front door",
        "back_door": "back door",
        "side_porch": "side porch",
        "reception": "reception",
        "mailroom": "mail room",
        "garage_door": "garage door",
    },
    reasons={
        "store_closed": "The store was closed",
        "not_ready": "It was not ready",
        "parcel_missing": "The store did not find it",
        "too_large": "It was too large for the vehicle",
        "cannot_continue": "The courier could not go on",
        "nobody_there": "Nobody was there",
        "wrong_address": "The address was wrong",
        "refused": "It was not accepted",
        "damaged": "It was damaged",
        "cannot_reach": "The door could not be reached",
        "too_young": "The recipient was too young",
        "not_sober": "The recipient was not sober",
        "no_document": "The recipient had no document",
        "lost": "It was lost",
        "return_refused": "The store did not take it back",
    },
    test="This is a test. No parcel was carried.",
    details="Delivery",
    contents="Contents",
    proof="Checks",
    pictures="Pictures",
    story="What happened",
    page="Page {page} of {pages}",
    merchant="Sent by",
    number="Delivery",
    own_number="Order",
    store="From",
    recipient="Recipient",
    door="To",
    promised="Promised",
    courier="Carried by",
    way_back="Brought back by",
    left_at="Place",
    left_at_door="Left at the door; nobody was there",
    why="Reason",
    parcel="Parcel",
    pin="PIN",
    pin_met="The right PIN was given",
    pin_missing="Asked for; not given",
    pin_locked="Wrong too often; a photo took its place",
    age="Age check",
    age_met="A document was checked: {age} or older",
    age_sober="sober",
    age_missing="Asked for ({age} or older); not made",
    age_elsewhere="Checked at the door",
    age_refused="Refused: too young",
    not_sober="Refused: not sober",
    scan="Scan",
    scan_right="{label}: right ({at})",
    scan_wrong="{label}: another parcel's label ({at})",
    signed="Signed by",
    taken="{step}, {at}",
    at_place="at {place}",
    pin_was_wrong="A wrong PIN was given",
    wrong_scan="A wrong label was scanned: {label}",
    may_leave="Nobody was there; it may be left at the door",
    without="reported without showing: {what}",
    more="and {count} more",
)

SPANISH: Final = Phrases(
    titles={
        "delivered": "Comprobante de entrega",
        "returned": "Comprobante de devolución",
        "": "Registro de una entrega",
    },
    states={
        "booked": "Reservado",
        "scheduled": "Programado",
        "searching": "En preparación",
        "assigned": "Repartidor asignado",
        "to_pickup": "Repartidor de camino a la tienda",
        "at_pickup": "Repartidor en la tienda",
        "picked_up": "Recogido",
        "to_dropoff": "De camino a la puerta",
        "at_dropoff": "Repartidor en la puerta",
        "handed_over": "Entregado en mano",
        "delivered": "Entregado",
        "returning": "De vuelta a la tienda",
        "at_return": "Repartidor de nuevo en la tienda",
        "returned": "Devuelto a la tienda",
        "cancelled": "Cancelado",
        "failed": "No entregado",
    },
    steps={"pickup": "En la tienda", "dropoff": "En la puerta", "return": "De nuevo en la tienda"},
    kinds={"photo": "Foto", "signature": "Firma", "note": "Nota", "code": "Código", "scan": "Lectura", "pin": "PIN"}
    | {"age_check": "Control de edad"},
    vehicles={
        "foot": "a pie",
        "bicycle": "en bicicleta",
        "scooter": "en moto",
        "car": "en coche",
        "van": "en furgoneta",
    },
    spots={
        "front_door": "puerta principal",
        "back_door": "puerta trasera",
        "side_porch": "porche lateral",
        "reception": "recepción",
        "mailroom": "sala de correo",
        "garage_door": "puerta del garaje",
    },
    reasons={
        "store_closed": "La tienda estaba cerrada",
        "not_ready": "No estaba listo",
        "parcel_missing": "La tienda no lo encontró",
        "too_large": "Era demasiado grande para el vehículo",
        "cannot_continue": "El repartidor no pudo continuar",
        "nobody_there": "No había nadie",
        "wrong_address": "La dirección era incorrecta",
        "refused": "No se aceptó",
        "damaged": "Estaba dañado",
        "cannot_reach": "No se pudo llegar a la puerta",
        "too_young": "La persona era demasiado joven",
        "not_sober": "La persona no estaba sobria",
        "no_document": "La persona no tenía documento",
        "lost": "Se perdió",
        "return_refused": "La tienda no lo aceptó de vuelta",
    },
    test="Esto es una prueba. No se llevó ningún paquete.",
    details="Entrega",
    contents="Contenido",
    proof="Controles",
    pictures="Imágenes",
    story="Qué pasó",
    page="Página {page} de {pages}",
    merchant="Enviado por",
    number="Entrega",
    own_number="Pedido",
    store="De",
    recipient="Para",
    door="Dirección",
    promised="Prometido",
    courier="Repartidor",
    way_back="Devuelto por",
    left_at="Lugar",
    left_at_door="Dejado en la puerta; no había nadie",
    why="Motivo",
    parcel="Paquete",
    pin="PIN",
    pin_met="Se dio el PIN correcto",
    pin_missing="Se pidió; no se dio",
    pin_locked="Incorrecto demasiadas veces; lo sustituyó una foto",
    age="Control de edad",
    age_met="Se comprobó un documento: {age} años o más",
    age_sober="persona sobria",
    age_missing="Se pidió ({age} años o más); no se hizo",
    age_elsewhere="Comprobada en la puerta",
    age_refused="Rechazado: demasiado joven",
    not_sober="Rechazado: no estaba sobria",
    scan="Lectura",
    scan_right="{label}: correcta ({at})",
    scan_wrong="{label}: etiqueta de otro paquete ({at})",
    signed="Firmado por",
    taken="{step}, {at}",
    at_place="en {place}",
    pin_was_wrong="Se dio un PIN incorrecto",
    wrong_scan="Se leyó una etiqueta incorrecta: {label}",
    may_leave="No había nadie; se puede dejar en la puerta",
    without="comunicado sin mostrar: {what}",
    more="y {count} más",
)

LANGUAGES: Final[Mapping[str, Phrases]] = {"en": ENGLISH, "es": SPANISH}
FALLBACK: Final = "en"


def spoken(locale: str) -> tuple[str, str]:
    """The language and the locale to write in: English in its own way of writing where the market's is not spoken."""
    language = locale.replace("_", "-").partition("-")[0].lower()
    return (language, locale) if language in LANGUAGES else (FALLBACK, FALLBACK)
