"""What a courier's report may hold: kinds of evidence, and reasons why it does not go on. Pure."""

from enum import StrEnum


class EvidenceKind(StrEnum):
    """What a courier can hand in."""

    PHOTO = "photo"
    SIGNATURE = "signature"
    PIN = "pin"
    SCAN = "scan"
    CODE = "code"
    NOTE = "note"
    AGE_CHECK = "age_check"


class ProblemReason(StrEnum):
    """Why a courier cannot go on; `custody_policy.PROBLEM_EFFECTS` says what follows from each."""

    STORE_CLOSED = "store_closed"
    NOT_READY = "not_ready"
    PARCEL_MISSING = "parcel_missing"
    TOO_LARGE = "too_large"
    CANNOT_CONTINUE = "cannot_continue"
    NOBODY_THERE = "nobody_there"
    WRONG_ADDRESS = "wrong_address"
    REFUSED = "refused"
    DAMAGED = "damaged"
    CANNOT_REACH = "cannot_reach"
    TOO_YOUNG = "too_young"
    NOT_SOBER = "not_sober"
    NO_DOCUMENT = "no_document"
    NO_PIN = "no_pin"
    LOST = "lost"
    RETURN_REFUSED = "return_refused"
