"""One port for everything: sockets on ASGI, HTTP through the bridge to WSGI.

In production HTTP has its own WSGI processes; this application then serves sockets only.
"""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from channels.layers import get_channel_layer  # noqa: E402  needs the settings module
from django.conf import settings  # noqa: E402

from apps.core import sync  # noqa: E402
from apps.core.sync import in_thread  # noqa: E402
from apps.live.consumers import LiveSocket  # noqa: E402
from apps.live.origins import is_welcome  # noqa: E402
from portal.bridge import WSGIBridge  # noqa: E402
from portal.wsgi import application as wsgi  # noqa: E402

http = WSGIBridge(wsgi, settings.WEB_THREADS)
# Paths with an application of their own, each for the kinds of connection it serves. The old
# face puts `/socket.io` here: it takes `http` (long polling) beside `websocket`.
MOUNTS: dict[tuple[str, str], Any] = {("websocket", "/ws"): LiveSocket.as_asgi()}


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Send each connection to the part that serves it."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    mounted = MOUNTS.get((scope["type"], scope["path"].rstrip("/")))
    if mounted is not None and not await in_thread(is_welcome, scope["headers"]):
        await _refuse(receive, send)
    elif mounted is not None:
        await mounted(scope, receive, send)
    elif scope["type"] == "websocket":
        await _refuse(receive, send)
    else:
        await http(scope, receive, send)


async def _refuse(receive: Any, send: Any) -> None:
    """Answer a socket that is not for here: the client sees 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1000})


async def _lifespan(receive: Any, send: Any) -> None:
    await receive()
    if get_channel_layer() is None:
        message = "CHANNEL_LAYERS has no default: sockets would hear nothing."
        await send({"type": "lifespan.startup.failed", "message": message})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    sync.stop()
    await send({"type": "lifespan.shutdown.complete"})
