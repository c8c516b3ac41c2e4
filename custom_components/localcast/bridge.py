"""The bridge as its MQTT topics tell of it, and the one way to send it a command."""

import asyncio
from typing import Any
from uuid import uuid4

from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.json import json_dumps
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
from homeassistant.util.json import json_loads

from .const import DOMAIN

type LocalCastConfigEntry = ConfigEntry[Bridge]
type Message = dict[str, Any]

DEVICES = "bridge/devices"
INFO = "bridge/info"
ANSWER_TIMEOUT = 12  # the bridge answers within 5 s, and may ask another server for as long before
CALLER_ERRORS = ("invalid", "not_found", "ambiguous")  # the codes of what the caller can put right


def refusal(answer: Message) -> HomeAssistantError | None:
    """Return the error that an answer tells of, in the bridge's own words."""
    if (error := answer.get("error")) is None:
        return None
    kind = ServiceValidationError if error.get("code") in CALLER_ERRORS else HomeAssistantError
    return kind(str(error.get("message")))


class Bridge:
    """What the bridge has published last. It holds nothing but what MQTT has brought."""

    def __init__(self, hass: HomeAssistant, base: str) -> None:
        self.base = base
        self.online = False
        self.info: Message = {}
        self.devices: dict[str, Message] = {}  # by the device's id
        self.playlists: list[Message] = []
        self.states: dict[str, Message] = {}  # by topic name, as all that follows
        self.reachable: dict[str, bool] = {}
        self._hass = hass
        self._listeners: dict[str, list[CALLBACK_TYPE]] = {}
        self._waiting: dict[str, asyncio.Future[Message]] = {}
        self._complete = asyncio.Event()  # set once info and devices have come
        self._heard_devices = False

    async def start(self) -> CALLBACK_TYPE:
        """Subscribe, and return what ends it. Answers first, so that none is missed."""
        ends = [
            await mqtt.async_subscribe(self._hass, f"{self.base}/{topic}", hear, 1)
            for topic, hear in (
                ("+/response/+", self._hear_answer),
                ("+/availability", self._hear_availability),
                ("+/state", self._hear_state),
                ("bridge/playlists", self._hear_playlists),
                (INFO, self._hear_info),
                (DEVICES, self._hear_devices),
            )
        ]
        ends.append(mqtt.async_subscribe_connection_status(self._hass, self._hear_connection))

        def stop() -> None:
            for end in ends:
                end()

        return stop

    async def wait_until_complete(self, timeout: float) -> None:
        """Wait until info and devices have come, or raise TimeoutError."""
        async with asyncio.timeout(timeout):
            await self._complete.wait()

    def listen(self, what: str, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call a listener at news of DEVICES, of INFO, or of the device with a topic name. Returns what ends it."""
        listeners = self._listeners.setdefault(what, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    @property
    def answers(self) -> bool:
        """Tell whether the bridge can be heard."""
        return self.online and mqtt.is_connected(self._hass)

    async def ask(self, command: str, device: str = "bridge", **arguments: Any) -> Message:
        """Send a command and return its answer, whatever it says. Raise if there can be none, or none comes."""
        if not self.answers:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="bridge_offline")
        transaction = uuid4().hex
        answer: asyncio.Future[Message] = self._hass.loop.create_future()
        self._waiting[transaction] = answer
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                await self._wait_until_heard()
                await mqtt.async_publish(
                    self._hass,
                    f"{self.base}/{device}/command/{command}",
                    json_dumps(arguments | {"transaction": transaction}),
                    1,
                )
                return await answer
        except TimeoutError as error:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="no_answer", translation_placeholders={"command": command}
            ) from error
        finally:
            del self._waiting[transaction]

    async def command(self, command: str, device: str = "bridge", **arguments: Any) -> Message:
        """Send a command and return its answer. Raise what it was refused with."""
        answer = await self.ask(command, device, **arguments)
        if error := refusal(answer):
            raise error
        return answer

    async def _wait_until_heard(self) -> None:
        """Wait until the broker has confirmed the subscription to answers, which it does anew after each reconnect."""
        heard = asyncio.Event()
        end = mqtt.async_on_subscribe_done(self._hass, f"{self.base}/+/response/+", 1, heard.set)
        try:
            await heard.wait()
        finally:
            end()

    @callback
    def _tell(self, *what: str) -> None:
        """Call those who listen to something; to anything at all, where nothing is named."""
        for name in what or tuple(self._listeners):
            for listener in tuple(self._listeners.get(name, ())):
                listener()

    @callback
    def _hear_connection(self, _connected: bool) -> None:
        self._tell()

    @callback
    def _hear_answer(self, message: mqtt.ReceiveMessage) -> None:
        answer = decoded(message, dict) or {}
        future = self._waiting.get(str(answer.get("transaction")))
        if future is not None and not future.done():  # an answer may come twice
            future.set_result(answer)

    @callback
    def _hear_availability(self, message: mqtt.ReceiveMessage) -> None:
        name, online = self._device(message), message.payload == "online"
        if name == "bridge":
            self.online = online
            self._tell()
            return
        self.reachable[name] = online
        self._tell(name)

    @callback
    def _hear_state(self, message: mqtt.ReceiveMessage) -> None:
        name = self._device(message)
        self.states[name] = decoded(message, dict) or {}
        self._tell(name)

    @callback
    def _hear_playlists(self, message: mqtt.ReceiveMessage) -> None:
        self.playlists = (decoded(message, dict) or {}).get("playlists", [])
        self._tell()

    @callback
    def _hear_info(self, message: mqtt.ReceiveMessage) -> None:
        if (info := decoded(message, dict)) is None:
            return
        self.info = info
        self._note_completeness()
        self._tell(INFO)

    @callback
    def _hear_devices(self, message: mqtt.ReceiveMessage) -> None:
        if (devices := decoded(message, list)) is None:  # taken back, by a bridge that was removed: not forgotten
            return
        self.devices = {d["id"]: d for d in devices if isinstance(d, dict) and d.get("id") and d.get("device")}
        self._heard_devices = True
        self._note_completeness()
        self._tell(DEVICES, *(d["device"] for d in self.devices.values()))

    def _note_completeness(self) -> None:
        if self.info and self._heard_devices:
            self._complete.set()

    def _device(self, message: mqtt.ReceiveMessage) -> str:
        return message.topic.removeprefix(f"{self.base}/").partition("/")[0]


def decoded[T: (dict[str, Any], list[Any])](message: mqtt.ReceiveMessage | MqttServiceInfo, kind: type[T]) -> T | None:
    """Return a payload of JSON; None where it is empty, as when a topic was cleared, or is no JSON of that kind."""
    try:
        value = json_loads(message.payload) if message.payload else None
    except ValueError:
        value = None
    return value if isinstance(value, kind) else None
