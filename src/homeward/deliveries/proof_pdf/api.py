"""`/v1/deliveries/{id}/proof.pdf`, the same for the console, and its link that expires."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Response

from homeward.deliveries.proof_pdf.service import ProofPdfService
from homeward.infra.auth import Auth, MerchantActor, OperatorActor
from homeward.infra.http import responses
from homeward.kit.problems import NotFound

PDF: Final = "application/pdf"
_ANSWER: Final[dict[int | str, Any]] = {
    200: {"description": "The sheet", "content": {PDF: {"schema": {"type": "string", "format": "binary"}}}},
    **responses(NotFound),
}


def proof_pdf_router(service: ProofPdfService, auth: Auth) -> APIRouter:
    routes = APIRouter(tags=["Deliveries"])
    merchant = Annotated[MerchantActor, Depends(auth.merchant())]
    operator = Annotated[OperatorActor, Depends(auth.operator())]

    @routes.get("/v1/deliveries/{delivery_id}/proof.pdf", response_class=Response, responses=_ANSWER)
    async def read_proof_pdf(delivery_id: str, actor: merchant) -> Response:
        """All that proves it on one sheet, in your brand: as things stand, also before its end."""
        return pdf_response(await service.made(actor.merchant_id, delivery_id, mode=actor.mode))

    @routes.get(
        "/v1/operator/deliveries/{delivery_id}/proof.pdf",
        response_class=Response,
        responses=_ANSWER,
        tags=["Operator: deliveries"],
    )
    async def read_any_proof_pdf(delivery_id: str, _: operator) -> Response:
        """The sheet of any merchant's delivery."""
        return pdf_response(await service.made(None, delivery_id))

    @routes.get("/p/{delivery_id}/{expires_s}/{signed}/proof.pdf", include_in_schema=False, responses=_ANSWER)
    async def follow_pdf_link(
        delivery_id: str, expires_s: Annotated[int, Path(ge=0, le=10**11)], signed: str
    ) -> Response:
        """The sheet, for whoever holds its link: also on the merchants' own hosts."""
        return pdf_response(await service.made_by_link(delivery_id, expires_s, signed))

    return routes


def pdf_response(content: bytes) -> Response:
    headers = {
        "Content-Disposition": "inline; filename=proof.pdf",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",  # more may be proven by and by
    }
    return Response(content, media_type=PDF, headers=headers)
