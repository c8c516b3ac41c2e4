"""Sentences of our own, which are answered with what the bridge says: "play Bluey on Kitchen".

They go before everything that Assist understands by itself, so that they are an option.
"""

import asyncio
from collections import Counter
import logging
import re
from typing import Any

from homeassistant.components.conversation import DOMAIN as CONVERSATION
from homeassistant.components.media_player import DOMAIN as MEDIA_PLAYER
from homeassistant.const import CONF_ID, CONF_PLATFORM
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.script import ScriptRunResult
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.trigger import async_initialize_triggers, async_validate_trigger_config

from .bridge import LocalCastConfigEntry
from .const import DOMAIN

# What has a meaning in the grammar of sentences: all but letters, digits, and what joins them.
NO_WORD = re.compile(r"[^\w'-]+|(?<!\w)['-]+|['-]+(?!\w)")

_LOGGER = logging.getLogger(__name__)


class Sentences:
    """A sentence trigger for each device, under each of its names."""

    def __init__(self, hass: HomeAssistant, entry: LocalCastConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._names: dict[str, list[str]] = {}  # those that are listened for, by device
        self._detach: CALLBACK_TYPE | None = None
        self._lock = asyncio.Lock()
        self._ended = False

    def start(self) -> None:
        """Listen, once Home Assistant has started and until the entry is unloaded, and follow renamings."""
        if CONVERSATION not in self._hass.config.components:
            return
        entry, bus = self._entry, self._hass.bus

        @callback
        def begin(_hass: HomeAssistant) -> None:
            self._follow()
            entry.async_on_unload(bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._follow))
            entry.async_on_unload(bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._follow))
            entry.async_on_unload(self._end)

        entry.async_on_unload(async_at_started(self._hass, begin))

    @callback
    def _follow(self, _event: Event[Any] | None = None) -> None:
        if self._spoken() != self._names:
            self._entry.async_create_task(self._hass, self._attach())

    def _end(self) -> None:
        self._ended = True  # one that is just attaching must not
        self._stop()

    def _stop(self) -> None:
        if self._detach:
            self._detach()
            self._detach = None

    async def _attach(self) -> None:
        """Listen for the names as they are now."""
        async with self._lock:
            if (names := self._spoken()) == self._names:
                return
            triggers = [
                {
                    CONF_PLATFORM: CONVERSATION,
                    CONF_ID: topic,
                    "command": [f"play {{query}} (on|in) [the] {name}" for name in spoken],
                }
                for topic, spoken in names.items()
            ]
            triggers = await async_validate_trigger_config(self._hass, triggers)
            self._stop()  # rather none than two that obey
            self._detach = await async_initialize_triggers(
                self._hass, triggers, self._play, DOMAIN, DOMAIN, _LOGGER.log
            )
            self._names = names
            if self._ended:
                self._stop()

    def _spoken(self) -> dict[str, list[str]]:
        """Return the names of each device's player, in words; without those that two devices have."""
        registry = er.async_get(self._hass)
        names: dict[str, list[str]] = {}
        for id, device in self._entry.runtime_data.devices.items():
            entity_id = registry.async_get_entity_id(MEDIA_PLAYER, DOMAIN, id)
            if entity_id and (player := registry.async_get(entity_id)) and not player.disabled:
                spoken = er.async_get_entity_aliases(self._hass, player, allow_empty=False)
                words = {" ".join(NO_WORD.sub(" ", name).casefold().split()) for name in spoken}
                names[device["device"]] = sorted(words - {""})
        count = Counter(name for spoken in names.values() for name in spoken)
        unique = {topic: [name for name in spoken if count[name] == 1] for topic, spoken in names.items()}
        return {topic: spoken for topic, spoken in unique.items() if spoken}

    async def _play(self, variables: dict[str, Any], _context: Context | None = None) -> ScriptRunResult:
        """Play what was asked for, and say what the bridge answers."""
        heard = variables["trigger"]
        try:
            answer = await self._entry.runtime_data.ask("play", heard["id"], query=heard["slots"]["query"])
            speech = answer["speech"]
        except HomeAssistantError as error:
            speech = str(error)
        return ScriptRunResult(conversation_response=speech, service_response=None, variables={})
