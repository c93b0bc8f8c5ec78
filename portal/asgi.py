"""One port for everything: sockets on ASGI, HTTP through the bridge to WSGI.

In production HTTP has its own WSGI processes; this application then serves sockets only.
"""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings  # noqa: E402  needs the settings module

from portal.bridge import WSGIBridge  # noqa: E402
from portal.wsgi import application as wsgi  # noqa: E402

http = WSGIBridge(wsgi, settings.WEB_THREADS)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Send each connection to the part that serves it."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        await http(scope, receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
