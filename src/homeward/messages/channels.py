"""How texts and e-mails leave: a mail server, a text gateway, or the mailbox that only keeps them."""

import asyncio
import smtplib
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import httpx

from homeward.messages.model import ChannelKind, Message

_TIMEOUT_S: Final = 15.0
_SMTP_PORT: Final = 587


class NotSent(Exception):
    """It did not go out. `final` if trying again is pointless, for instance for an address that does not exist."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


class Channel(Protocol):
    """Sends one message or raises NotSent. Sending twice must be harmless where the other side allows it."""

    async def send(self, message: Message) -> None: ...


class Mailbox:
    """Sends nothing: the message stays where the console shows it. Used where no real channel is set up."""

    async def send(self, message: Message) -> None:
        return None


class Smtp:
    """E-mail by SMTP: `smtp://user:password@host:587` with STARTTLS if offered, `smtps://…` with TLS from the start."""

    def __init__(self, url: str, sender: str) -> None:
        self._url = urlsplit(url)
        self._sender = sender

    async def send(self, message: Message) -> None:
        await asyncio.to_thread(self._send, message)

    def _send(self, message: Message) -> None:
        mail = EmailMessage()
        mail["From"] = Address(display_name=message.sender_name, addr_spec=self._sender)
        mail["To"] = message.recipient
        mail["Subject"] = message.subject
        # The same on every try, so that a mail server or reader can drop a double.
        mail["Message-ID"] = f"<{message.id}@{self._sender.rpartition('@')[2]}>"
        mail.set_content(message.body)
        try:
            with self._connect() as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            raise NotSent(f"the mail server refused the address: {_first_code(refused)}", final=True) from refused
        except (smtplib.SMTPException, OSError) as failure:
            raise NotSent(f"the mail server did not take it: {type(failure).__name__}") from failure

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "localhost", self._url.port or _SMTP_PORT
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_S)
        else:
            server = smtplib.SMTP(host, port, timeout=_TIMEOUT_S)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls()
        if self._url.username:
            server.login(unquote(self._url.username), unquote(self._url.password or ""))
        return server


class TextGateway:
    """Texts by any gateway that takes `POST {"to", "from", "body"}`; the message's id is the idempotency key."""

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def send(self, message: Message) -> None:
        body = {"to": message.recipient, "from": message.sender_name, "body": message.body}
        headers = {**self._headers, "Idempotency-Key": message.id}
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_S) as http:
                reply = await http.post(self._url, json=body, headers=headers)
        except httpx.HTTPError as failure:
            raise NotSent(f"the text gateway did not answer: {type(failure).__name__}") from failure
        if reply.is_success:
            return
        # 408 and 429 are refusals of the moment, the other 4xx of this message.
        passing = reply.status_code >= 500 or reply.status_code in (408, 429)
        raise NotSent(f"the text gateway answered {reply.status_code}", final=not passing)


def channels_from(
    smtp_url: str | None, email_sender: str, gateway_url: str | None, gateway_token: str | None
) -> dict[ChannelKind, Channel]:
    """What the operator set up; the mailbox for the rest."""
    return {
        ChannelKind.EMAIL: Smtp(smtp_url, email_sender) if smtp_url else Mailbox(),
        ChannelKind.TEXT: TextGateway(gateway_url, gateway_token) if gateway_url else Mailbox(),
    }


def _first_code(refused: smtplib.SMTPRecipientsRefused) -> int:
    return next(iter(refused.recipients.values()))[0]
