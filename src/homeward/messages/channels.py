"""How texts and e-mails leave: a mail server, a text gateway, or the mailbox that only keeps them."""

import asyncio
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import httpx

from homeward.messages.model import ChannelKind, Message
from homeward.messages.policy import one_line

_TIMEOUT_S: Final = 15.0
_SMTP_PORT: Final = 587
_PERMANENT: Final = 500
MOST_AT_ONCE: Final = 8


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
        self._domain = sender.rpartition("@")[2]
        # Threads of its own, as many as messages of a kind are under way: none waits here while its lease runs out.
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, "smtp")

    async def send(self, message: Message) -> None:
        mail = self._mail(message)
        await asyncio.get_running_loop().run_in_executor(self._threads, self._send, mail)

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        try:
            mail["From"] = Address(display_name=one_line(message.sender_name), addr_spec=self._sender)
            mail["To"] = Address(addr_spec=message.recipient)
        except (ValueError, IndexError, MessageError) as cause:
            raise NotSent("this is no e-mail address", final=True) from cause
        mail["Subject"] = one_line(message.subject)
        mail["Date"] = message.created_at
        # The same on every try, so that a mail server or reader can drop a double.
        mail["Message-ID"] = f"<{message.id}@{self._domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body)
        return mail

    def _send(self, mail: EmailMessage) -> None:
        try:
            with self._connect() as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            code = _first_code(refused)
            # 4xx is "not now": greylisting refuses every first try.
            raise NotSent(f"the mail server refused the address: {code}", final=code >= _PERMANENT) from refused
        except smtplib.SMTPNotSupportedError as cause:
            raise NotSent("the mail server cannot send to such an address", final=True) from cause
        except (smtplib.SMTPException, OSError) as failure:
            raise NotSent(f"the mail server did not take it: {type(failure).__name__}") from failure

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "localhost", self._url.port or _SMTP_PORT
        # Our own domain in the greeting: the machine's name would end up in the headers that shoppers can read.
        if self._url.scheme == "smtps":
            tls = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, self._domain, timeout=_TIMEOUT_S, context=tls)
        else:
            server = smtplib.SMTP(host, port, self._domain, timeout=_TIMEOUT_S)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=_starttls_context(host))
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
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
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


def _starttls_context(host: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if host in ("localhost", "127.0.0.1", "::1"):
        # A mail server on this machine has a certificate for another name, or its own; nobody is in between.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _first_code(refused: smtplib.SMTPRecipientsRefused) -> int:
    return next(iter(refused.recipients.values()))[0]
