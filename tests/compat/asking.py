"""Ask two servers the same question at the same moment."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from .servers import Server

Json = Any

# More do not make Prefect any quicker on two cores.
AT_ONCE = 4


@dataclass(frozen=True)
class Question:
    """A request: `body` is sent as JSON, `content` as it is."""

    path: str
    body: Json = None
    method: str = "POST"
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> dict[str, Json]:
        """The body as a server reads it; empty where it is no JSON object."""
        if self.content is None:
            return self.body or {}
        try:
            asked = json.loads(self.content)
        except ValueError:
            return {}
        return asked if isinstance(asked, dict) else {}

    def __str__(self) -> str:
        sent = self.content if self.content is not None else json.dumps(self.body, ensure_ascii=False)
        return f"{self.method} {self.path} {sent}" + (f" {self.headers}" if self.headers else "")


@dataclass(frozen=True)
class Answer:
    status: int
    body: Json

    @classmethod
    def of(cls, response: httpx.Response) -> "Answer":
        try:
            return cls(response.status_code, response.json())
        except ValueError:
            return cls(response.status_code, response.text)


@dataclass(frozen=True)
class Pair:
    """The oracle, and the server that must answer as it does."""

    oracle: httpx.AsyncClient
    subject: httpx.AsyncClient
    oracle_may_be_busy: bool
    """On SQLite Prefect's own services keep its file busy at times; it then has done nothing and answers 503."""

    async def ask(self, question: Question) -> tuple[Answer, Answer]:
        return await self.ask_each(question, question)

    async def ask_each(self, oracle: Question, subject: Question) -> tuple[Answer, Answer]:
        """For questions that speak of the same thing by different ids."""
        return tuple(await asyncio.gather(self.ask_oracle(oracle), ask(self.subject, subject)))

    async def ask_oracle(self, question: Question) -> Answer:
        answer = await ask(self.oracle, question)
        for seconds in (1, 1, 1, 1, 1) if self.oracle_may_be_busy else (0.2,):
            if answer.status != 503:
                break
            await asyncio.sleep(seconds)
            answer = await ask(self.oracle, question)
        return answer

    async def ask_all(self, questions: Iterable[Question]) -> list[tuple[Question, Answer, Answer]]:
        """Answers in the order of the questions."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def asked(question: Question) -> tuple[Question, Answer, Answer]:
            async with gate:
                return question, *await self.ask(question)

        return await asyncio.gather(*map(asked, questions))


@asynccontextmanager
async def connected(servers: Sequence[Server]) -> AsyncIterator[Pair]:
    oracle, subject = servers
    async with client(oracle) as first, client(subject) as second:
        yield Pair(first, second, oracle.database.startswith("sqlite"))


def client(server: Server) -> httpx.AsyncClient:
    # A connection per request: servers drop one after an answer of 500, or an idle one while a request is under way.
    # Nothing is encrypted here, and reading the certificates for each client takes as long as several requests.
    return httpx.AsyncClient(
        base_url=server.url, timeout=60, limits=httpx.Limits(max_keepalive_connections=0), verify=False
    )


async def ask(client: httpx.AsyncClient, question: Question) -> Answer:
    headers = dict(question.headers)
    content = question.content
    if content is None and question.body is not None:
        content = json.dumps(question.body).encode()
    if content is not None:
        headers.setdefault("content-type", "application/json")
    return Answer.of(await client.request(question.method, question.path, content=content, headers=headers))
