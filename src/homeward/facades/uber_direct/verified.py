"""What is asked for at a stop and what was captured there, in the words of the dialect. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from homeward.deliveries.model import EvidenceKind, Proof, Requirements
from homeward.deliveries.requirements import Barcode, StepProof
from homeward.kit.problems import jsonable

_RELATIONSHIPS = frozenset({"SELF", "FRIEND", "LEGAL_REPRESENTATIVE", "PARENT_OR_GUARDIAN", "SPOUSE"})


def requirements_at(wanted: Requirements, step: str) -> dict[str, Any]:
    """Empty where nothing is asked for. A PIN that we drew is told here, and nowhere else."""
    if step == "dropoff":
        return _at_door(wanted)
    return _at_store(wanted.at_pickup, None) if step == "pickup" else _at_store(wanted.at_return, wanted.return_pin)


def _at_door(wanted: Requirements) -> dict[str, Any]:
    said: dict[str, Any] = {"picture": True} if wanted.photo else {}
    if wanted.signature:
        said["signature_requirement"] = {
            "enabled": True,
            "collect_signer_name": wanted.signer_name,
            "collect_signer_relationship": wanted.signer_relationship,
        }
    if wanted.age:
        said["identification"] = {"min_age": wanted.age.min_age, "no_sobriety_check": not wanted.age.sober}
    return {**said, **_labels(wanted.barcodes), **_pin(wanted.pin)}


def _at_store(wanted: StepProof, pin: str | None) -> dict[str, Any]:
    said: dict[str, Any] = {"picture": True} if wanted.photo else {}
    if wanted.signature:
        said["signature_requirement"] = {"enabled": True}
    return {**said, **_labels(wanted.barcodes), **_pin(pin)}


def _labels(barcodes: Sequence[Barcode]) -> dict[str, Any]:
    if not barcodes:
        return {}
    return {"barcodes": [{"value": each.value, "type": each.format.upper()} for each in barcodes]}


def _pin(pin: str | None) -> dict[str, Any]:
    return {"pincode": {"enabled": True, "value": pin}} if pin is not None else {}


def captured(wanted: Requirements, proofs: Sequence[Proof], pictures: Mapping[str, str]) -> dict[str, Any]:
    """The newest of each kind, with every label that was scanned. `pictures`: links by the id of the proof."""
    said: dict[str, Any] = {}
    for proof in sorted(proofs, key=lambda each: each.recorded_at):
        match proof.kind:
            case EvidenceKind.PHOTO:
                said["picture"] = {"image_url": pictures.get(proof.id, "")}
            case EvidenceKind.SIGNATURE:
                said["signature"] = _signature(proof, pictures)
            case EvidenceKind.SCAN:
                said.setdefault("barcodes", []).append(_scan(proof))
            case EvidenceKind.AGE_CHECK:
                said["identification"] = {"min_age_verified": bool(proof.data.get("verified"))}
            case EvidenceKind.PIN:
                said["pin_code"] = {"entered": _entered(wanted, proof)}
            case _:
                continue
        if proof.place:
            said["completion_location"] = {"lat": proof.place.lat, "lng": proof.place.lon}
    return said


def _signature(proof: Proof, pictures: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {"image_url": pictures.get(proof.id, "")}
    if proof.data.get("name"):
        said["name"] = str(proof.data["name"])
    if proof.data.get("relationship"):
        relationship = str(proof.data["relationship"]).upper().replace(" ", "_")
        said["signer_relationship"] = relationship if relationship in _RELATIONSHIPS else "INVALID"
    return said


def _scan(proof: Proof) -> dict[str, Any]:
    return {
        "type": str(proof.data.get("format") or "").upper(),
        "value": str(proof.data.get("text") or ""),
        "scan_result": {
            "outcome": str(proof.data.get("result") or "success").upper(),
            "timestamp": jsonable(proof.taken_at),
        },
    }


def _entered(wanted: Requirements, proof: Proof) -> str:
    # A PIN is kept only if it was the right one, and then without its digits: the requirement has them.
    return (wanted.return_pin if proof.step == "return" else wanted.pin) or ""
