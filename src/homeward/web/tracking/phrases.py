"""What the shopper reads, in the languages we speak. Pure.

A new language is one more `Phrases` in `LANGUAGES`; the type checker finds a sentence that was forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from homeward.web.languages import preferred

Tone = Literal["ok", "warn", "bad", "info", "idle"]


@dataclass(frozen=True, slots=True)
class Headline:
    """One state in words: large, and one sentence below it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """Everything on the page that is not the merchant's own."""

    page_title: str  # {merchant}
    skip: str
    states: Mapping[str, Headline]
    confirm: Headline
    changing_hands: Headline
    steps: tuple[str, str, str, str]
    step_done: str
    step_now: str
    step_open: str
    back_step: str
    promised: str
    expected: str
    expected_late: str
    delivered_at: str
    ended_at: str
    from_store: str
    to_address: str
    instructions: str
    pin: str
    pin_help: str
    have_id: str
    have_id_help: str  # {age}
    test: str
    at_door: str
    spots: Mapping[str, str]
    courier: str
    vehicles: Mapping[str, str]
    map_label: str
    you: str
    proof: str
    proof_alt: str
    help: str
    help_call: str
    call_courier: str
    help_write: str
    confirm_map: str
    confirm_button: str
    confirm_refused: str
    confirmed: str
    refreshes: str
    live: str
    not_live: str
    reasons: Mapping[str, str]
    days: Mapping[str, str]
    machine: "MachinePhrases"
    nothing: Headline
    too_often: Headline
    broken: Headline
    pages: str


@dataclass(frozen=True, slots=True)
class MachinePhrases:
    """What is said of machines: whether one may come, and how to get at what it brings. {name} is on its side."""

    ask: Headline
    yes: str
    no: str
    at_door: Headline
    waits_until: str  # {time}
    open: str
    opened: Headline
    refused: str


ENGLISH: Final = Phrases(
    page_title="Your delivery from {merchant}",
    skip="Skip to the page",
    states={
        "scheduled": Headline("Your order is booked", "We start when it is time, so that it arrives in your window."),
        "searching": Headline("Your order is being prepared", "A courier will be assigned shortly."),
        "assigned": Headline("A courier is assigned", "Your order will be picked up soon."),
        "to_pickup": Headline("The courier is on the way to the store", "Your order will be picked up soon."),
        "at_pickup": Headline("The courier is at the store", "Your order is being picked up."),
        "picked_up": Headline("Your order is picked up", "The courier has it and leaves for you."),
        "to_dropoff": Headline("On the way to you", "The courier has your order."),
        "at_dropoff": Headline("The courier is at your door", "Please be ready to receive your order."),
        "delivered": Headline("Delivered", "Your order has arrived."),
        "returning": Headline("Going back to the store", "Your order could not be handed over."),
        "at_return": Headline("Going back to the store", "Your order could not be handed over."),
        "returned": Headline("Back at the store", "Your order was brought back. Please contact the store."),
        "cancelled": Headline("Cancelled", "This delivery was cancelled. Please contact the store with any question."),
        "failed": Headline("We could not deliver it", "Please contact the store; they know about it."),
    },
    confirm=Headline(
        "Please confirm your address", "We are not sure that the pin is at your door. Move it if it is not."
    ),
    changing_hands=Headline(
        "Your delivery is changing hands", "Another courier takes it over; it is still on its way."
    ),
    steps=("Order received", "Picked up", "On the way", "Delivered"),
    step_done="done",
    step_now="now",
    step_open="to come",
    back_step="Back at the store",
    promised="Promised",
    expected="Expected around",
    expected_late="We are later than promised. We are sorry.",
    delivered_at="Arrived",
    ended_at="Since",
    from_store="From",
    to_address="To",
    instructions="Your instructions",
    pin="Your PIN",
    pin_help="Tell it to the courier when you have your order.",
    have_id="Have an ID ready",
    have_id_help="The courier looks at it: the order goes to people of {age} or older. Nothing of it is kept.",
    test="This is a test. No courier comes.",
    at_door="Exactly where",
    spots={
        "": "your door",
        "front_door": "the front door",
        "back_door": "the back door",
        "side_porch": "the side porch",
        "reception": "the reception",
        "mailroom": "the mail room",
        "garage_door": "the garage door",
    },
    courier="Your courier",
    vehicles={
        "foot": "on foot",
        "bicycle": "by bicycle",
        "scooter": "by scooter",
        "car": "by car",
        "van": "by van",
        "robot": "robot",
        "robot_car": "car without a driver",
        "drone": "drone",
    },
    map_label="Map with the store, your door and the courier",
    you="Your door",
    proof="Photo of the delivery",
    proof_alt="Your order where the courier left it",
    help="Questions?",
    help_call="Call",
    call_courier="Call the courier",
    help_write="Write to",
    confirm_map="Map with a pin that you can move to your door",
    confirm_button="The pin is at my door",
    confirm_refused="That place is too far from the address that was ordered for. Please contact the store.",
    confirmed="Thank you. The courier will come to your pin.",
    refreshes="This page keeps itself up to date.",
    live="Live",
    not_live="Connecting again",
    reasons={
        "nobody_there": "Nobody answered at the door.",
        "wrong_address": "The address could not be found.",
        "cannot_reach": "The door could not be reached.",
        "refused": "It was not accepted at the door.",
        "damaged": "It was damaged on the way.",
        "lost": "It was lost on the way.",
    },
    days={},
    machine=MachinePhrases(
        ask=Headline(
            "May a robot or drone bring it?",
            "It could be here sooner. You would come to it and open it with one tap on this page. "
            "If you would rather have a person at your door, just say no.",
        ),
        yes="Yes, that is fine",
        no="No, a person please",
        at_door=Headline("{name} is here with your order", "Go to it, then open its lid with this button."),
        waits_until="It waits until {time}.",
        open="Open the lid",
        opened=Headline("The lid is open", "Take out everything and press the lid shut."),
        refused="It could not be opened just now. Stand next to it and try again in a moment.",
    ),
    nothing=Headline(
        "This link leads nowhere", "It may have expired. Please look for the newest message from the store."
    ),
    too_often=Headline("One moment, please", "This page was opened very often. It will be back in a minute."),
    broken=Headline("Something went wrong", "Please try again in a minute."),
    pages="Delivery",
)

SPANISH: Final = Phrases(
    page_title="Su entrega de {merchant}",
    skip="Ir al contenido",
    states={
        "scheduled": Headline("Su pedido está reservado", "Saldremos a tiempo para llegar en su horario."),
        "searching": Headline("Estamos preparando su pedido", "En breve asignaremos a un repartidor."),
        "assigned": Headline("Ya hay un repartidor asignado", "Pronto recogerá su pedido."),
        "to_pickup": Headline("El repartidor va hacia la tienda", "Pronto recogerá su pedido."),
        "at_pickup": Headline("El repartidor está en la tienda", "Está recogiendo su pedido."),
        "picked_up": Headline("Su pedido ya está recogido", "El repartidor lo tiene y sale hacia usted."),
        "to_dropoff": Headline("En camino", "El repartidor lleva su pedido."),
        "at_dropoff": Headline("El repartidor está en su puerta", "Por favor, salga a recibir su pedido."),
        "delivered": Headline("Entregado", "Su pedido ha llegado."),
        "returning": Headline("De vuelta a la tienda", "No pudimos entregar su pedido."),
        "at_return": Headline("De vuelta a la tienda", "No pudimos entregar su pedido."),
        "returned": Headline("De nuevo en la tienda", "Su pedido volvió a la tienda. Póngase en contacto con ella."),
        "cancelled": Headline("Cancelado", "Esta entrega se canceló. Si tiene preguntas, contacte con la tienda."),
        "failed": Headline("No pudimos entregarlo", "Contacte con la tienda; ya están al corriente."),
    },
    confirm=Headline(
        "Confirme su dirección", "No estamos seguros de que el punto esté en su puerta. Muévalo si no es así."
    ),
    changing_hands=Headline("Su entrega cambia de manos", "Otro repartidor se hace cargo; sigue en camino."),
    steps=("Pedido recibido", "Recogido", "En camino", "Entregado"),
    step_done="hecho",
    step_now="ahora",
    step_open="pendiente",
    back_step="De nuevo en la tienda",
    promised="Prometido",
    expected="Llegada prevista hacia las",
    expected_late="Llegamos más tarde de lo prometido. Lo sentimos.",
    delivered_at="Llegó",
    ended_at="Desde",
    from_store="De",
    to_address="Para",
    instructions="Sus indicaciones",
    pin="Su PIN",
    pin_help="Dígaselo al repartidor cuando tenga su pedido.",
    have_id="Tenga a mano un documento de identidad",
    have_id_help="El repartidor lo mira: el pedido es para mayores de {age} años. No se guarda nada de él.",
    test="Esto es una prueba. No viene ningún repartidor.",
    at_door="Dónde exactamente",
    spots={
        "": "su puerta",
        "front_door": "la puerta principal",
        "back_door": "la puerta trasera",
        "side_porch": "el porche lateral",
        "reception": "la recepción",
        "mailroom": "la sala de correo",
        "garage_door": "la puerta del garaje",
    },
    courier="Su repartidor",
    vehicles={
        "foot": "a pie",
        "bicycle": "en bicicleta",
        "scooter": "en moto",
        "car": "en coche",
        "van": "en furgoneta",
        "robot": "robot",
        "robot_car": "coche sin conductor",
        "drone": "dron",
    },
    map_label="Mapa con la tienda, su puerta y el repartidor",
    you="Su puerta",
    proof="Foto de la entrega",
    proof_alt="Su pedido donde lo dejó el repartidor",
    help="¿Preguntas?",
    help_call="Llamar al",
    call_courier="Llamar al repartidor",
    help_write="Escribir a",
    confirm_map="Mapa con un punto que puede mover hasta su puerta",
    confirm_button="El punto está en mi puerta",
    confirm_refused="Ese lugar está demasiado lejos de la dirección del pedido. Contacte con la tienda.",
    confirmed="Gracias. El repartidor irá a su punto.",
    refreshes="Esta página se actualiza sola.",
    live="En directo",
    not_live="Conectando de nuevo",
    reasons={
        "nobody_there": "Nadie abrió la puerta.",
        "wrong_address": "No se encontró la dirección.",
        "cannot_reach": "No se pudo llegar a la puerta.",
        "refused": "No se aceptó en la puerta.",
        "damaged": "Se dañó en el camino.",
        "lost": "Se perdió en el camino.",
    },
    days={"Today": "Hoy", "Tomorrow": "Mañana", "Yesterday": "Ayer"},
    machine=MachinePhrases(
        ask=Headline(
            "¿Puede traerlo un robot o un dron?",
            "Podría llegar antes. Usted saldría a su encuentro y lo abriría con un toque en esta página. "
            "Si prefiere a una persona en su puerta, diga simplemente que no.",
        ),
        yes="Sí, de acuerdo",
        no="No, prefiero a una persona",
        at_door=Headline("{name} ya está aquí con su pedido", "Acérquese y ábralo con este botón."),
        waits_until="Espera hasta las {time}.",
        open="Abrir la tapa",
        opened=Headline("La tapa está abierta", "Saque todo y cierre la tapa."),
        refused="No se pudo abrir ahora mismo. Acérquese y vuelva a intentarlo en un momento.",
    ),
    nothing=Headline(
        "Este enlace no lleva a ninguna parte", "Quizá ha caducado. Busque el último mensaje de la tienda."
    ),
    too_often=Headline("Un momento, por favor", "Esta página se abrió muchas veces. Volverá en un minuto."),
    broken=Headline("Algo salió mal", "Inténtelo de nuevo en un minuto."),
    pages="Entrega",
)

LANGUAGES: Final[Mapping[str, Phrases]] = {"en": ENGLISH, "es": SPANISH}


def language(accept_language: str) -> str:
    """The language that the browser likes best of those we speak."""
    return preferred(accept_language, LANGUAGES)
