"""What broke on the way to Marketo, in our own words.

The texts of requests and urllib3 repeat URLs, with the logins of proxies in them, and
objects; so none of these texts is shown. It must not know Marketo's codes, nor what is done
about an error.
"""

from __future__ import annotations

import ssl

import requests
from urllib3.exceptions import ReadTimeoutError

from tap_marketo_programs.errors import ConnectionFailed, ProxyFailed
from tap_marketo_programs.marketo.proxies import ADVICE, UNUSABLE, proxy_of, proxy_trouble


def asked(request: requests.PreparedRequest) -> str:
    """A request as a log may show it: no query, no host, no headers."""
    return f"{request.method} {request.path_url.partition('?')[0]}"


def connection_failed(
    error: requests.RequestException,
    request: requests.PreparedRequest,
) -> ConnectionFailed:
    """Name what broke without the library's text, which repeats URLs and objects."""
    proxy = proxy_of(request.url or "")
    if proxy and isinstance(error, (requests.exceptions.ProxyError, *UNUSABLE)):
        return proxy_failed(request, f"{proxy} {proxy_trouble(error)}")
    words = _what_failed(error) + (f"; the way there leads through {proxy}" if proxy else "")
    # Without a connection nothing was asked, so nothing can be in doubt.
    never_sent = isinstance(
        error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError
    ) or ("NewConnectionError" in repr(error))
    return ConnectionFailed(f"{asked(request)}: {words}", in_doubt=not never_sent)


def proxy_failed(request: requests.PreparedRequest, words: str) -> ProxyFailed:
    """The error for a proxy that does not do its work, with what to do about it."""
    return ProxyFailed(f"{asked(request)}: {words}. {ADVICE}")


def _what_failed(error: requests.RequestException) -> str:
    """What broke on the way to a host, or at the host, in our own words."""
    if "NameResolutionError" in repr(error):
        return "the host name is unknown"
    if why := _distrust(error):
        return (
            f"its certificate is not trusted ({why}); if a proxy stands between, let "
            "REQUESTS_CA_BUNDLE name the certificates to trust"
        )
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (requests.exceptions.SSLError, "its certificate is not trusted, or it speaks no TLS"),
        (requests.exceptions.ProxyError, "the proxy refused"),
        (requests.exceptions.ConnectTimeout, "no connection in time"),
        (requests.exceptions.ReadTimeout, "no answer in time"),
    )
    for kind, words in kinds:
        if isinstance(error, kind):
            return words
    # While a body is read, requests takes a time-out for a lost connection.
    too_slow = error.args and isinstance(error.args[0], ReadTimeoutError)
    return "the answer was not whole in time" if too_slow else "the connection failed"


def _distrust(error: BaseException | None) -> str:
    """What is wrong with a host's certificate; empty if nothing is known to be."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__context__
    return error.verify_message.rstrip(".") if error else ""
