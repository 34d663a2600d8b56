"""Spans of requests reach whoever collects them."""

import httpx
from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from homeward.infra.http import RequestShell, native_refusal


def a_collector() -> InMemorySpanExporter:
    """A process has one provider, set by whoever comes first."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    collector = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(collector))
    return collector


async def test_a_request_is_traced_by_its_route_and_not_by_its_path() -> None:
    collector = a_collector()
    app = FastAPI()

    @app.get("/things/{thing_id}")
    async def thing(thing_id: str) -> dict[str, str]:
        return {"id": thing_id}

    app.add_middleware(RequestShell, larger_bodies={}, refuse=native_refusal)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        await http.get("/things/7")
    names = {span.name for span in collector.get_finished_spans()}
    assert "GET /things/{thing_id}" in names
    assert not any("/things/7" in name for name in names)
