"""The setting `base_url`: what people paste, reduced to the host to ask.

It must not know who asks that host, nor resolve its name.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from tap_marketo_programs.errors import MarketoConfigError

_KNOWN_PATH = re.compile(r"/*((rest|identity|bulk)(/.*)?)?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def host_url(base_url: str) -> str:
    """Reduce what people paste as `base_url` to scheme and host.

    Args:
        base_url: The REST or Identity endpoint of Admin > Web Services, in any
            of the spellings seen in the wild.

    Raises:
        MarketoConfigError: It is no URL of a Marketo host, or asks for plain
            http elsewhere than on this machine.
    """
    text = base_url.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    known_path = _KNOWN_PATH.fullmatch(parts.path)
    extra = parts.query or parts.fragment or "@" in parts.netloc
    # Nobody listens at port 0, and a colon alone is a port that got lost.
    no_port = port == 0 or parts.netloc.endswith(":")
    if not _is_host(host) or not known_path or extra or no_port:
        message = (
            "base_url: expected the REST endpoint shown in Admin > Web Services, "
            "such as https://123-ABC-456.mktorest.com/rest"
        )
        raise MarketoConfigError(message)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        message = "base_url: must be https; plain http is accepted for this machine's own addresses"
        raise MarketoConfigError(message)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def _is_host(host: str) -> bool:
    """Whether this can be a host at all; requests finds out late, and in its own words."""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host).scope_id is None
        except ValueError:
            return False
    return all(_LABEL.fullmatch(label) for label in host.removesuffix(".").split("."))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
