"""Drives a receiver with pychromecast: HOST PORT; then a command a line on standard input, such as `seek 60`.

Says `done` after each."""

import sys
import uuid

import pychromecast

host, port = sys.argv[1], int(sys.argv[2])
cast = pychromecast.get_chromecast_from_host((host, port, uuid.UUID(int=1), "Chromecast", "Peer"), tries=1, timeout=10)
cast.wait(timeout=10)
media = cast.media_controller


def load(url):
    media.play_media(url, "audio/wav", title="Film")
    media.block_until_active(timeout=10)


def next_item(_):
    media.update_status()
    media.queue_next()


commands = {
    "load": load,
    "seek": lambda seconds: media.seek(float(seconds)),
    "pause": lambda _: media.pause(),
    "play": lambda _: media.play(),
    "volume": lambda level: cast.set_volume(float(level)),
    "mute": lambda _: cast.set_volume_muted(True),
    "queue": lambda url: media.play_media(url, "audio/wav", title="Next", enqueue=True),
    "next": next_item,
    "stop": lambda _: media.stop(),
    "close": lambda _: cast.quit_app(),
}
for line in sys.stdin:
    name, _, argument = line.strip().partition(" ")
    commands[name](argument)
    print("done", flush=True)
cast.disconnect(timeout=5)
