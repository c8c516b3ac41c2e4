"""A voice for tests, which says the same whatever it shall say: the sample of Home Assistant's own demonstration."""

PLATFORMS = ["tts"]


async def async_setup_entry(hass, entry):
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True
