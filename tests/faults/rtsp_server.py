"""An RTSP camera by GStreamer, for Debian's own Python: ``/usr/bin/python3 rtsp_server.py PORT``.

A line on standard input is an order: ``freeze`` shows one picture for ever, ``move`` goes on, ``stall`` sends nothing
more and holds the connection, ``flow`` sends again. It says ``ready`` once it listens, and ends with its input.
"""

import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

MOVING, STILL = 18, 4
PICTURES = (
    "( videotestsrc name=shown is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=15/1 "
    "! valve name=valve ! jpegenc ! rtpjpegpay name=pay0 pt=26 )"
)


class Factory(GstRtspServer.RTSPMediaFactory):
    """Makes the pipeline of one connection; all of them do what was ordered last."""

    def __init__(self) -> None:
        super().__init__()
        self.set_launch(PICTURES)
        self.set_shared(True)
        self.pattern, self.is_stalled = MOVING, False
        self.made = []
        self.connect("media-configure", self.configured)

    def configured(self, _factory, media) -> None:
        self.made.append(media.get_element())
        self.obey()

    def obey(self) -> None:
        for element in self.made:
            element.get_by_name("shown").set_property("pattern", self.pattern)
            element.get_by_name("valve").set_property("drop", self.is_stalled)


def main() -> None:
    Gst.init(None)
    loop, factory, server = GLib.MainLoop(), Factory(), GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(sys.argv[1])
    server.get_mount_points().add_factory("/camera", factory)
    server.attach(None)

    def listen() -> None:
        for line in sys.stdin:
            order = line.strip()
            if order in ("freeze", "move"):
                factory.pattern = STILL if order == "freeze" else MOVING
            elif order in ("stall", "flow"):
                factory.is_stalled = order == "stall"
            GLib.idle_add(factory.obey)
        GLib.idle_add(loop.quit)

    threading.Thread(target=listen, daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    loop.run()


if __name__ == "__main__":
    main()
