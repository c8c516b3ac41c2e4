"""A media player for each device of the bridge."""

import re
from typing import Any

from homeassistant.components.media_player import (
    BrowseMedia,
    MediaPlayerDeviceClass,
    MediaPlayerEnqueue,
    MediaPlayerEntity,
    MediaPlayerEntityFeature as Feature,
    MediaType,
    RepeatMode,
    SearchMedia,
    SearchMediaQuery,
)
from homeassistant.core import HomeAssistant, ServiceResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util, slugify

from . import media
from .bridge import DEVICES, Bridge, LocalCastConfigEntry, Message
from .const import DOMAIN
from .pages import Pages

PARALLEL_UPDATES = 0  # the bridge keeps the order of a device's commands, and bounds them

FEATURES = (
    Feature.PLAY_MEDIA
    | Feature.BROWSE_MEDIA
    | Feature.SEARCH_MEDIA
    | Feature.MEDIA_ENQUEUE
    | Feature.MEDIA_ANNOUNCE
    | Feature.PLAY
    | Feature.PAUSE
    | Feature.STOP
    | Feature.TURN_ON
    | Feature.TURN_OFF
    | Feature.SEEK
    | Feature.NEXT_TRACK
    | Feature.PREVIOUS_TRACK
    | Feature.CLEAR_PLAYLIST
    | Feature.SHUFFLE_SET
    | Feature.REPEAT_SET
    | Feature.VOLUME_MUTE
    | Feature.SELECT_SOURCE
)
VOLUME = Feature.VOLUME_SET | Feature.VOLUME_STEP
VOLUME_STEP = 5

# By these content types the media card shows the artist, or the show.
CONTENT_TYPES = {"track": MediaType.MUSIC, "episode": MediaType.TVSHOW}
NUMBER = re.compile(r"(S\d+)?E\d+(-E\d+)? ")  # before an episode's name; it has attributes of its own
MORE = ("error", "kind", "ours", "queue_index", "queue_length", "rate", "subtitles", "subtitle_tracks", "year")
# What `extra` of play_media may say to each command, and to one with an address, as the command's arguments.
EXTRAS = {
    "play": {"start": "start", "shuffle": "shuffle", "interval": "interval"},
    "announce": {"volume": "volume", "force": "force"},
}
URL_EXTRAS = {"play": {"title": "title", "thumb": "artwork"}, "announce": {"title": "title"}}


async def async_setup_entry(
    hass: HomeAssistant, entry: LocalCastConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a player for each device, and follow the list of devices."""
    bridge, pages = entry.runtime_data, Pages(hass, entry)
    added: set[str] = set()

    @callback
    def follow() -> None:
        # The registry also knows those that were forgotten while Home Assistant did not run.
        for player in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
            if player.unique_id not in bridge.devices:
                pages.remove(player)
        pages.settle()
        new = [device for id, device in bridge.devices.items() if id not in added]
        added.clear()
        added.update(bridge.devices)
        async_add_entities(LocalCastPlayer(bridge, device, pages) for device in new)

    follow()
    entry.async_on_unload(bridge.listen(DEVICES, follow))


class LocalCastPlayer(MediaPlayerEntity):
    """A device of the bridge."""

    _attr_has_entity_name = True
    _attr_name = None
    _attr_should_poll = False
    _attr_translation_key = "player"

    def __init__(self, bridge: Bridge, device: Message, pages: Pages) -> None:
        self._bridge = bridge
        self._id: str = device["id"]
        self._topic: str = device["device"]
        self._attr_unique_id = self._id
        self.entity_id = f"media_player.{slugify(self._topic)}"
        self.device_entry = pages.page(device)

    async def async_added_to_hass(self) -> None:
        self.async_on_remove(self._bridge.listen(self._topic, self._news))
        self._show()

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay: nothing here depends on the entity's id."""

    @callback
    def _news(self) -> None:
        self._show()
        self.async_write_ha_state()

    @property
    def has_video(self) -> bool:
        """Tell whether the device has a screen."""
        return bool(self._bridge.devices.get(self._id, {}).get("kind") == "video")

    @property
    def available(self) -> bool:
        """Tell whether the broker, the bridge and the device can all be reached."""
        return self._bridge.answers and self._bridge.reachable.get(self._topic, False)

    def _show(self) -> None:
        """Take over what the bridge says of the device."""
        now = self._bridge.states.get(self._topic, {})
        kind, volume, position = now.get("kind"), now.get("volume"), now.get("position")
        self._attr_device_class = MediaPlayerDeviceClass.TV if self.has_video else MediaPlayerDeviceClass.SPEAKER
        self._attr_supported_features = FEATURES if now.get("volume_fixed") else FEATURES | VOLUME
        self._attr_state = now.get("state")
        self._attr_volume_level = None if volume is None else volume / 100
        self._attr_is_volume_muted = now.get("muted")
        self._attr_media_content_id = now.get("item")
        self._attr_media_content_type = CONTENT_TYPES.get(str(kind), kind)
        self._attr_media_duration = None if now.get("duration") is None else round(now["duration"])
        self._attr_media_position = None if position is None else round(position)
        self._attr_media_position_updated_at = dt_util.parse_datetime(now.get("position_updated_at") or "")
        self._attr_media_title = now.get("title")
        self._attr_media_artist = now.get("artist")
        self._attr_media_album_name = now.get("album")
        self._attr_media_series_title = self._attr_media_season = self._attr_media_episode = None
        if kind == "episode":
            self._attr_media_title = NUMBER.sub("", now.get("subtitle") or "", count=1) or now.get("title")
            self._attr_media_series_title = now.get("show")
            self._attr_media_season = None if now.get("season") is None else str(now["season"])
            self._attr_media_episode = None if now.get("episode") is None else str(now["episode"])
        self._attr_media_image_url = now.get("artwork")
        self._attr_app_name = now.get("app")
        self._attr_repeat = now.get("repeat")
        self._attr_shuffle = now.get("shuffle")
        self._attr_source_list = [playlist["name"] for playlist in self._bridge.playlists]
        self._attr_extra_state_attributes = {name: now.get(name) for name in MORE} if now else {}

    async def command(self, command: str, **arguments: Any) -> Message:
        """Send the device a command and return the answer."""
        return await self._bridge.command(command, self._topic, **arguments)

    # What Home Assistant calls.

    async def async_media_play(self) -> None:
        """Go on: another's media as well, which the command play would take the device from."""
        await self.command("resume")

    async def async_media_pause(self) -> None:
        await self.command("pause")

    async def async_media_stop(self) -> None:
        await self.command("stop")

    async def async_turn_on(self) -> None:
        await self.command("wake")

    async def async_turn_off(self) -> None:
        await self.command("stop")

    async def async_media_next_track(self) -> None:
        await self.command("next")

    async def async_media_previous_track(self) -> None:
        await self.command("previous")

    async def async_media_seek(self, position: float) -> None:
        await self.command("seek", position=position)

    async def async_set_volume_level(self, volume: float) -> None:
        await self.command("volume", level=round(volume * 100))

    async def async_volume_up(self) -> None:
        """Let the bridge count, which knows the volume of that moment."""
        await self.command("volume", delta=VOLUME_STEP)

    async def async_volume_down(self) -> None:
        await self.command("volume", delta=-VOLUME_STEP)

    async def async_mute_volume(self, mute: bool) -> None:
        await self.command("mute", muted=mute)

    async def async_set_shuffle(self, shuffle: bool) -> None:
        await self.command("shuffle", enabled=shuffle)

    async def async_set_repeat(self, repeat: RepeatMode) -> None:
        await self.command("repeat", mode=repeat)

    async def async_clear_playlist(self) -> None:
        await self.command("queue_clear")

    async def async_select_source(self, source: str) -> None:
        await self.command("play", playlist=source)

    async def async_play_media(
        self,
        media_type: MediaType | str,
        media_id: str,
        enqueue: MediaPlayerEnqueue | None = None,
        announce: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Play an item, an address, something of Home Assistant's own media, or what words find."""
        arguments = await media.what(self, media_type, media_id)
        command = "announce" if announce else "play"
        extra: dict[str, Any] = kwargs.get("extra") or {}
        names = EXTRAS[command] | (URL_EXTRAS[command] if "url" in arguments else {})
        arguments |= {argument: extra[name] for name, argument in names.items() if name in extra}
        if announce:
            arguments.pop("kind", None)
        else:
            arguments["enqueue"] = enqueue or MediaPlayerEnqueue.REPLACE
        try:
            await self.command(command, **arguments)
        except ServiceValidationError:
            if "item" not in arguments or not media_id.isalpha():
                raise
            del arguments["item"]  # it may be a word that only looks like an item
            await self.command(command, **arguments, query=media_id)

    async def async_browse_media(
        self, media_content_type: MediaType | str | None = None, media_content_id: str | None = None
    ) -> BrowseMedia:
        return await media.browse(self, media_content_type, media_content_id)

    async def async_search_media(self, query: SearchMediaQuery) -> SearchMedia:
        return await media.search(self, query)

    async def async_get_browse_image(
        self, media_content_type: str, media_content_id: str, media_image_id: str | None = None
    ) -> tuple[bytes | None, str | None]:
        """Fetch a thumbnail from the bridge, and from nowhere else."""
        ours = str(self._bridge.info.get("stream_url")) + "/"
        if media_image_id is None or not media_image_id.startswith(ours):
            return None, None
        return await self._async_fetch_image(media_image_id)

    # The actions of this integration, as services.py names them.

    async def async_save_queue(self, name: str) -> ServiceResponse:
        """Save the queue as a playlist."""
        return answered(await self.command("save", name=name))

    async def async_transfer(self, to: str) -> ServiceResponse:
        """Let another device go on with what this one plays."""
        player = er.async_get(self.hass).async_get(to)
        if player is not None and player.platform != DOMAIN:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="not_ours", translation_placeholders={"entity": to}
            )
        return answered(await self.command("transfer", to=player.unique_id if player else to))

    async def async_sleep(self, minutes: float | None = None, after_item: bool = False) -> ServiceResponse:
        """Stop after some minutes or at the end of the item; 0 minutes cancel that."""
        return answered(await self.command("sleep", **({"after": "item"} if after_item else {"minutes": minutes})))

    async def async_subtitles(
        self, language: str | None = None, track: int | None = None, off: bool = False
    ) -> ServiceResponse:
        """Choose subtitles by language or track, or none."""
        chosen = {"off": True} if off else {"language": language} if language else {"track": track}
        return answered(await self.command("subtitles", **chosen))

    async def async_speed(self, rate: float) -> ServiceResponse:
        """Play slower or faster."""
        return answered(await self.command("speed", rate=rate))


def answered(answer: Message) -> ServiceResponse:
    """Return what an action answers: the command's data, and the sentence that tells of it."""
    return {**answer["data"], "speech": answer["speech"]}
