"""What the shopper reads where they change, rate or report something, in each language. Pure words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from homeward.web.tracking.phrases import Headline


@dataclass(frozen=True, slots=True)
class ActPhrases:
    """`heads` by act; `told` and `refused` by what came of it. {merchant} and {price} are on their side."""

    change: str
    after: str
    back: str
    save: str
    send: str
    optional: str
    wrong: str
    heads: Mapping[str, Headline]
    told: Mapping[str, str]
    refused: Mapping[str, str]
    instructions: str
    unit: str
    gate_code: str
    pin_button: str
    pin_help: str
    pin_no_script: str
    leave_ways: Mapping[str, str]
    spot: str
    neighbour: str
    neighbour_help: str
    times: str
    now_booked: str
    no_times: str
    dearer: str
    choose_time: str
    cancel_button: str
    keep_button: str
    tip_other: str
    tip_button: str
    tip_given: str
    stars: str
    star: str
    star_words: tuple[str, str, str, str, str]
    comment: str
    rated: str
    kind: str
    kinds: Mapping[str, str]
    describe: str
    photo: str
    photo_help: str
    share_link: str
    copy: str
    copied: str
    shared: str


ENGLISH: Final = ActPhrases(
    change="Change your delivery",
    after="Anything else?",
    back="Back to the delivery",
    save="Save",
    send="Send",
    optional="(optional)",
    wrong="Please look at the field again.",
    heads={
        "details": Headline("Instructions and gate code", "The courier reads them at your door."),
        "pin": Headline("Where your door is", "Move the pin to the door where the courier should come."),
        "leave": Headline("If you cannot open", "Say where it may be left, or who may take it."),
        "time": Headline("Another time", "These times are free for your address."),
        "cancel": Headline("Cancel the delivery", "Your order will not be brought. This cannot be undone."),
        "tip": Headline("Thank your courier", "All of it goes to the courier."),
        "rating": Headline("How was your delivery?", "{merchant} reads it."),
        "report": Headline("Something is not right?", "Tell {merchant} what happened. They will look into it."),
        "share": Headline("Share where it is", "This link shows the way and the time, and nothing of yours."),
    },
    told={
        "details": "Saved. The courier reads it at your door.",
        "pin": "Saved. The courier comes to your pin.",
        "leave": "Saved. The courier reads it at your door.",
        "time": "Done. Your delivery has its new time.",
        "cancel": "Your delivery is cancelled.",
        "tip": "Thank you. The courier gets all of it.",
        "rating": "Thank you for your word.",
        "report": "Thank you. The store has your report.",
    },
    refused={
        "": "That is no longer possible. Please contact the store.",
        "new-quote-needed": "That place is too far from the address that was ordered for. Please contact the store.",
        "fields-locked": "It is too late to change that: the courier is on the way.",
        "no-option-fits": "That time has just been taken. Please choose another.",
        "price-rises": "That time has just been taken. Please choose another.",
        "handover-conflict": "This order is handed over in person only.",
        "photo-refused": "The photo could not be read. Please send a JPEG or PNG of at most 10 MB.",
        "too-many-reports": "We have your reports. Please contact the store for anything more.",
        "tip-too-high": "That is more than can be given here.",
        "tip-only-upward": "You have given that already.",
    },
    instructions="Instructions for the courier",
    unit="Flat, floor or company",
    gate_code="Gate code",
    pin_button="The pin is at my door",
    pin_help="Drag the pin, tap the map, or use the arrow keys while the pin is selected.",
    pin_no_script="Moving the pin needs a browser with scripts. Please describe the way in the instructions instead.",
    leave_ways={
        "in_person": "Hand it to me in person",
        "at_spot": "Leave it here",
        "neighbour": "Give it to a neighbour",
    },
    spot="Where",
    neighbour="Who, and where they live",
    neighbour_help="For example: Kim, number 14.",
    times="Free times",
    now_booked="Booked now",
    no_times="No other time is free at the moment.",
    dearer="{price} more, charged by {merchant}",
    choose_time="Take this time",
    cancel_button="Yes, cancel it",
    keep_button="No, keep it",
    tip_other="Another amount",
    tip_button="Give it",
    tip_given="You gave {amount}. Thank you.",
    stars="Your rating",
    star="{count} of 5",
    star_words=("Very bad", "Bad", "All right", "Good", "Very good"),
    comment="A word about it",
    rated="You gave {count} of 5. Thank you.",
    kind="What happened?",
    kinds={
        "missing_items": "Something is missing",
        "wrong_items": "It is the wrong order",
        "damaged": "Something is damaged",
        "not_received": "I did not get it",
        "late": "It came too late",
        "other": "Something else",
    },
    describe="What should we know?",
    photo="A photo",
    photo_help="It helps when something is damaged or wrong.",
    share_link="Link to share",
    copy="Copy the link",
    copied="Copied",
    shared="You follow a delivery that somebody shared with you.",
)

SPANISH: Final = ActPhrases(
    change="Cambie su entrega",
    after="¿Algo más?",
    back="Volver a la entrega",
    save="Guardar",
    send="Enviar",
    optional="(opcional)",
    wrong="Revise este campo, por favor.",
    heads={
        "details": Headline("Indicaciones y código de la puerta", "El repartidor las lee al llegar."),
        "pin": Headline("Dónde está su puerta", "Mueva el punto a la puerta donde debe llegar el repartidor."),
        "leave": Headline("Si no puede abrir", "Diga dónde se puede dejar o quién lo puede recibir."),
        "time": Headline("Otro horario", "Estos horarios están libres para su dirección."),
        "cancel": Headline("Cancelar la entrega", "No le llevaremos su pedido. No se puede deshacer."),
        "tip": Headline("Dé las gracias al repartidor", "Todo es para el repartidor."),
        "rating": Headline("¿Cómo fue su entrega?", "{merchant} lo lee."),
        "report": Headline("¿Algo no está bien?", "Cuente a {merchant} qué pasó. Lo van a revisar."),
        "share": Headline("Comparta dónde está", "Este enlace muestra el camino y la hora, y nada suyo."),
    },
    told={
        "details": "Guardado. El repartidor lo lee al llegar.",
        "pin": "Guardado. El repartidor irá a su punto.",
        "leave": "Guardado. El repartidor lo lee al llegar.",
        "time": "Listo. Su entrega tiene su nuevo horario.",
        "cancel": "Su entrega está cancelada.",
        "tip": "Gracias. Todo es para el repartidor.",
        "rating": "Gracias por su opinión.",
        "report": "Gracias. La tienda tiene su aviso.",
    },
    refused={
        "": "Eso ya no es posible. Póngase en contacto con la tienda.",
        "new-quote-needed": "Ese lugar está demasiado lejos de la dirección del pedido. Contacte con la tienda.",
        "fields-locked": "Es tarde para cambiarlo: el repartidor ya está en camino.",
        "no-option-fits": "Ese horario se acaba de ocupar. Elija otro, por favor.",
        "price-rises": "Ese horario se acaba de ocupar. Elija otro, por favor.",
        "handover-conflict": "Este pedido se entrega solo en persona.",
        "photo-refused": "No se pudo leer la foto. Envíe un JPEG o PNG de 10 MB como máximo.",
        "too-many-reports": "Ya tenemos sus avisos. Para lo demás, contacte con la tienda.",
        "tip-too-high": "Es más de lo que se puede dar aquí.",
        "tip-only-upward": "Eso ya lo dio.",
    },
    instructions="Indicaciones para el repartidor",
    unit="Piso, puerta o empresa",
    gate_code="Código de la puerta",
    pin_button="El punto está en mi puerta",
    pin_help="Arrastre el punto, toque el mapa o use las flechas con el punto seleccionado.",
    pin_no_script="Para mover el punto hace falta un navegador con scripts. Describa el camino en las indicaciones.",
    leave_ways={
        "in_person": "Entregármelo en persona",
        "at_spot": "Dejarlo aquí",
        "neighbour": "Dárselo a un vecino",
    },
    spot="Dónde",
    neighbour="Quién es y dónde vive",
    neighbour_help="Por ejemplo: Kim, número 14.",
    times="Horarios libres",
    now_booked="Reservado ahora",
    no_times="No hay otro horario libre en este momento.",
    dearer="{price} más, los cobra {merchant}",
    choose_time="Elegir este horario",
    cancel_button="Sí, cancelarla",
    keep_button="No, mantenerla",
    tip_other="Otra cantidad",
    tip_button="Darla",
    tip_given="Usted dio {amount}. Gracias.",
    stars="Su valoración",
    star="{count} de 5",
    star_words=("Muy mal", "Mal", "Regular", "Bien", "Muy bien"),
    comment="Su comentario",
    rated="Usted dio {count} de 5. Gracias.",
    kind="¿Qué pasó?",
    kinds={
        "missing_items": "Falta algo",
        "wrong_items": "No es mi pedido",
        "damaged": "Algo está dañado",
        "not_received": "No lo recibí",
        "late": "Llegó tarde",
        "other": "Otra cosa",
    },
    describe="¿Qué debemos saber?",
    photo="Una foto",
    photo_help="Ayuda cuando algo está dañado o no es lo pedido.",
    share_link="Enlace para compartir",
    copy="Copiar el enlace",
    copied="Copiado",
    shared="Usted sigue una entrega que alguien le compartió.",
)

ACTS: Final[Mapping[str, ActPhrases]] = {"en": ENGLISH, "es": SPANISH}
