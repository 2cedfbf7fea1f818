"""Refusals as OpenAI words them."""

from __future__ import annotations

from collections.abc import Mapping

LIMITS_PAGE = "https://platform.openai.com/account/rate-limits"


class ApiError(Exception):
    """The request is answered with an error object instead of what it asked for."""

    def __init__(
        self,
        status: int,
        message: str,
        kind: str = "invalid_request_error",
        code: str | None = None,
        *,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        #: Seconds that a refused call must wait; 0.0 where no wait would help, or nobody knows it.
        self.wait = 0.0
        self.headers = dict(headers or {})
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}


def unauthenticated(token: str) -> ApiError:
    """401: no token, or one that is not accepted."""
    if not token:
        return ApiError(
            401,
            "You didn't provide an API key. You need to provide your API key in an Authorization header "
            "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
        )
    shown = token if len(token) < 9 else f"{token[:4]}{'*' * 8}{token[-4:]}"
    return ApiError(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    )


def out_of_quota() -> ApiError:
    """429: the account cannot pay, and no wait will help."""
    return ApiError(
        429,
        "You exceeded your current quota, please check your plan and billing details. For more information "
        "on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
        "insufficient_quota",
        "insufficient_quota",
    )


def no_such_model(model: str) -> ApiError:
    """404: there is no such model, or the account may not use it."""
    return ApiError(
        404, f"The model `{model}` does not exist or you do not have access to it.", code="model_not_found"
    )


def too_large(most: int) -> ApiError:
    """413: the body is over `most` bytes."""
    return ApiError(413, f"Request body is larger than {most} bytes.")


def unusable_picture(place: str, *, from_afar: bool = False) -> ApiError:
    """400: what stands at `place` is no picture that can be decoded, or is not here to be looked at."""
    if from_afar:
        return ApiError(400, "Error while downloading the image.", code="invalid_image_url", param=place)
    return ApiError(
        400,
        "You uploaded an unsupported image. Please make sure your image is valid and has one of the "
        "following formats: ['png', 'jpeg', 'gif', 'webp'].",
        code="invalid_image_format",
        param=place,
    )


def filtered() -> ApiError:
    """400: the request's content is not looked at."""
    return ApiError(
        400,
        "Your request was rejected as a result of our safety system.",
        code="content_policy_violation",
    )


def failed() -> ApiError:
    """500: the service could not answer."""
    return ApiError(
        500, "The server had an error while processing your request. Sorry about that!", "server_error"
    )


def failed_late() -> Mapping[str, object]:
    """The body of a 200 whose error came after its beginning had been sent."""
    said = {"code": 502, "message": "Provider returned error", "metadata": {"provider_name": "stand-in"}}
    return {"error": said}


def full(status: int) -> ApiError:
    """429 or 503 without any wait: all slots are taken."""
    if status == 503:
        return ApiError(503, "The engine is currently overloaded, please try again later.", "server_error")
    return ApiError(429, "Too many requests are in flight.", "requests", "rate_limit_exceeded")
