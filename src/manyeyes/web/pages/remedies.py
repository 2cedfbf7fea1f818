"""What to do about a picture that failed, in the page's words: its buttons, not the command line's flags."""

from __future__ import annotations

_LATER = "Retry later, or with fewer pictures at once."
_ANY = "Retry; if it fails again, the server’s log tells more."
#: By `ManyeyesError.kind`.
_ADVICE = {
    "unreadable_image": "Put the file right and add it again; the rest of the portfolio is not affected.",
    "image_too_large": "Make it smaller and add that; whoever runs the server can raise the cap on pixels.",
    "unsupported_image": "Export it as JPEG, PNG, WebP, TIFF, HEIC or AVIF, and add that.",
    "pushback": _LATER,
    "rate_limited": _LATER,
    "overloaded": f"The service is busy. {_LATER}",
    "broken": "Retry: what may have been bought is looked for before it is bought again.",
    "untraceable": "Look at the provider’s own list for what was bought, then retry.",
    "refused": "Analyze again with another model or analyzer; this one would most likely refuse again.",
    "out_of_time": "Retry later, or analyze again with a faster model.",
    "budget_spent": "Analyze again with a larger budget: what was answered is kept.",
    "access_denied": "Put right what is said here, then analyze again: what was answered is kept.",
    "bad_reply": "Retry, or analyze again with another model.",
    "store_error": "See that the server’s disk has space and can be written, then retry.",
}


def advice_on(kind: str) -> str:
    """What somebody at the page can do about failures of this kind; what helps any where it is not known."""
    return _ADVICE.get(kind, _ANY)
