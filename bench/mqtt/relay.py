"""Relays what Chromecasts tell to MQTT, as people write it with pychromecast and paho.

relay.py BROKER_PORT DEVICE_PORT...: publishes relay/device_N/state for each, {"position": seconds}, QoS 1, retained.
"""

import json
import sys
import threading
import uuid

import paho.mqtt.client as mqtt
import pychromecast
from pychromecast.models import CastInfo, HostServiceInfo

broker, ports = int(sys.argv[1]), [int(p) for p in sys.argv[2:]]
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="relay")
client.connect("127.0.0.1", broker)
client.loop_start()


class Listener:
    """Publishes each media status of one device."""

    def __init__(self, name):
        self.topic = f"relay/{name}/state"

    def new_media_status(self, status):
        client.publish(self.topic, json.dumps({"position": status.current_time}), qos=1, retain=True)

    def load_media_failed(self, queue_item_id, error_code):
        pass


for i, port in enumerate(ports):
    services = {HostServiceInfo("127.0.0.1", port)}
    info = CastInfo(services, uuid.uuid4(), "Chromecast", f"device_{i}", "127.0.0.1", port, "cast", "Google Inc.")
    cast = pychromecast.get_chromecast_from_cast_info(info, zconf=None)
    cast.media_controller.register_status_listener(Listener(f"device_{i}"))
    cast.start()

threading.Event().wait()
