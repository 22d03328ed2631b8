"""Which proxy stands between this machine and Marketo, and what is wrong with it.

People forget that a variable of their environment sends them through one. It
is named by that variable and its address, never with the login in it. It must
not know Marketo.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies, select_proxy

from tap_marketo_programs.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

_REFUSED = re.compile(r"Tunnel connection failed: ([0-9]{3})")
ADVICE = "Correct the variable, or list Marketo's host in NO_PROXY if no proxy is needed."
# What requests says of a proxy's URL, or of a proxy that it cannot speak to.
UNUSABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
)


def proxy_of(url: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The proxy that requests takes for a URL, named as a user knows it.

    Args:
        url: Where a request goes.
        environment: The environment variables.

    Returns:
        None where it takes none, as for hosts that NO_PROXY lists.
    """
    address = select_proxy(url, get_environ_proxies(url))
    if not address:
        return None
    scheme = urlsplit(url).scheme
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    variable = next((name for name in names if environment.get(name)), None)
    where = _host_and_port(address)
    shown = f" ({where})" if where else ""
    return f"the proxy that {variable or 'the settings of this machine'} names{shown}"


def _host_and_port(address: str) -> str:
    """Where a proxy is; empty where a part of a login might be taken for it."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if "@" in parts.path + parts.query + parts.fragment:
        return ""
    return quoted(host + (f":{port}" if port else ""), 100)


def proxy_trouble(error: requests.RequestException) -> str:
    """What is wrong with a proxy, from the error that requests raised for it."""
    said = repr(error)
    if refused := _REFUSED.search(said):
        return proxy_refusal(int(refused[1]))
    if isinstance(error, UNUSABLE):
        return "cannot be used: expected a URL such as http://proxy.example.com:3128"
    for sign, words in (
        ("NameResolutionError", "cannot be reached: its host name is unknown"),
        ("ConnectTimeoutError", "cannot be reached: no connection in time"),
        ("NewConnectionError", "cannot be reached: no connection could be made"),
        ("only use HTTP and not HTTPS", "speaks no TLS: its URL should begin with http://"),
        ("CERTIFICATE_VERIFY_FAILED", "has a certificate that is not trusted"),
        ("ReadTimeoutError", "does not answer"),
    ):
        if sign in said:
            return words
    return "does not work"


def proxy_refusal(status: int) -> str:
    """What an HTTP status of a proxy means, in place of a connection to Marketo."""
    if status == requests.codes.proxy_authentication_required:
        return "wants a login (HTTP 407): write user and password into its URL"
    return f"does not connect to Marketo (HTTP {status}): let whoever runs it allow Marketo's host"
