"""Passwords of people: Argon2id, in a thread because one hash takes a fifth of a second on purpose."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

SHORTEST: Final = 8
# Threads of its own: whoever guesses passwords makes sign-ins slow, and neither photos nor plans.
_HASHERS: Final = ThreadPoolExecutor(2, "password")


class Passwords:
    """`cheap` is for tests only: it makes a hash that takes a millisecond and protects nobody."""

    def __init__(self, *, cheap: bool = False) -> None:
        self._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if cheap else PasswordHasher()
        self._nobodys = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        """Raises ValueError if it is shorter than eight characters (NIST SP 800-63B asks no more of its form)."""
        if len(password) < SHORTEST:
            raise ValueError(f"a password needs at least {SHORTEST} characters")
        return await asyncio.get_running_loop().run_in_executor(_HASHERS, self._hasher.hash, password)

    async def fits(self, stored: str | None, password: str) -> bool:
        """Whether it is the one. An account that does not exist (`stored` None) takes as long as one that does."""
        return await asyncio.get_running_loop().run_in_executor(_HASHERS, self._verify, stored, password)

    def _verify(self, stored: str | None, password: str) -> bool:
        try:
            self._hasher.verify(stored or self._nobodys, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
        return stored is not None
