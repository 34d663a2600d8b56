"""Client of the Homeward delivery API: quote, book, follow, hear.

`Homeward` for plain Python, `AsyncHomeward` for asynchronous; `errors` names every refusal, `answers` the form of every
request and answer, `webhooks` tells true messages from forged ones.
"""

from homeward_client import _answers as answers
from homeward_client import _errors as errors
from homeward_client import webhooks
from homeward_client._clients import VERSION, AsyncHomeward, Homeward
from homeward_client._refusal import HomewardError, NoAnswer

__version__ = VERSION
__all__ = ["AsyncHomeward", "Homeward", "HomewardError", "NoAnswer", "answers", "errors", "webhooks"]
