from homeassistant.components.media_player import MediaPlayerEntity, MediaPlayerEntityFeature, MediaPlayerState


async def async_setup_entry(hass, entry, async_add_entities):
    async_add_entities([Twin(entry.data)])


class Twin(MediaPlayerEntity):
    _attr_supported_features = MediaPlayerEntityFeature.PLAY_MEDIA
    _attr_state = MediaPlayerState.OFF

    def __init__(self, data):
        self._attr_unique_id = data["uuid"]
        self._attr_name = data["name"]
