"""The core's integration as far as others see it: a media player with the device's id in its unique id."""

PLATFORMS = ["media_player"]


async def async_setup_entry(hass, entry):
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True
