"""Headers of every page, and the wall against forged forms."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Header, Request

from homeward.kit.problems import Problem


@dataclass(eq=False)
class ForeignForm(Problem):
    slug, status = "foreign-form", 403
    title = "This form was sent from another site; open the page here and try again."


async def same_origin(
    request: Request,
    sec_fetch_site: Annotated[str | None, Header(include_in_schema=False)] = None,
    origin: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> None:
    """Refuse a changing request that another site caused.

    Session cookies are SameSite=Lax already; this also stops sister subdomains, which Lax lets through. Browsers
    since 2023 send Sec-Fetch-Site; older ones send Origin with every POST.
    """
    if request.method in ("GET", "HEAD"):
        return
    if sec_fetch_site is not None:
        if sec_fetch_site not in ("same-origin", "none"):
            raise ForeignForm
        return
    if origin is None or origin.partition("://")[2] != request.headers.get("host"):
        raise ForeignForm


def page_headers(
    nonce: str, *, shared_with_shopper: bool = False, framing: Literal["none", "holds", "held"] = "none"
) -> dict[str, str]:
    """Security headers of an HTML page.

    Scripts only as files of ours; styles as files or one `<style nonce>` (a brand's colours); nothing from
    elsewhere. Workers by blob: the map starts its own. A page that a shopper opens tells nobody its address.
    A page that `holds` frames shows pages of ours in it, one that is `held` may stand in one; all others do neither.
    """
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "media-src": "'self' blob:",
        "form-action": "'self'",
        "frame-src": "'self'" if framing == "holds" else "'none'",
        "frame-ancestors": "'self'" if framing == "held" else "'none'",
        "base-uri": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN" if framing == "held" else "DENY",
        "Referrer-Policy": "no-referrer" if shared_with_shopper else "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
