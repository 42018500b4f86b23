"""On PYTHONPATH this lets a process speak to loopback and local sockets only; every other try is told to a file."""

import ipaddress
import os
import socket
from typing import Any

LOG = os.environ["NETWORK_TRIES"]


def tell(what: str, where: object) -> OSError:
    with open(LOG, "a") as log:
        log.write(f"{what} {where}\n")
    return OSError(f"no network: {what} {where}")


def is_near(host: Any) -> bool:
    """Whether a host, by name or number, is this machine."""
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def guarded(original: Any) -> Any:
    def connect(self: socket.socket, address: Any, *rest: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_near(address[0]):
            raise tell(original.__name__, address)
        return original(self, address, *rest)

    return connect


def looked_up(host: Any, *rest: Any, **options: Any) -> Any:
    if not is_near(host):
        raise tell("getaddrinfo", host)
    return found(host, *rest, **options)


found = socket.getaddrinfo
socket.getaddrinfo = looked_up
socket.socket.connect = guarded(socket.socket.connect)  # type: ignore[method-assign]
socket.socket.connect_ex = guarded(socket.socket.connect_ex)  # type: ignore[method-assign]
