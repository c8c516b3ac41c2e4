"""A voice for tests, which says everything as two seconds of silence."""

PLATFORMS = ["tts"]


async def async_setup_entry(hass, entry):
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True
