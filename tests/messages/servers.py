"""A mail server small enough to read: it keeps what it takes, and refuses what it is told to refuse."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """Answers to the next RCPT commands instead of a yes."""

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@asynccontextmanager
async def a_mail_server() -> AsyncIterator[MailServer]:
    kept = MailServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 tiny")
        while line := (await reader.readline()).decode().strip():
            match line.split()[0].upper():
                case "EHLO" | "HELO":
                    kept.greetings.append(line.split()[1])
                    say("250 tiny")
                case "RCPT":
                    kept.recipients.append(line.split(":", 1)[1].split()[0].strip("<>"))
                    say(kept.refusals.pop(0) if kept.refusals else "250 ok")
                case "DATA":
                    say("354 go on")
                    raw = await reader.readuntil(b"\r\n.\r\n")
                    unstuffed = raw[:-3].replace(b"\r\n..", b"\r\n.")  # RFC 5321, 4.5.2
                    kept.mails.append(message_from_bytes(unstuffed, policy=policy.default))
                    say("250 taken")
                case "QUIT":
                    say("221 bye")
                    break
                case _:
                    say("250 ok")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    kept.port = server.sockets[0].getsockname()[1]
    try:
        yield kept
    finally:
        server.close()
