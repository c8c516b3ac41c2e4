"""What helps to find a fault, without what others should not see."""

from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant

from .bridge import LocalCastConfigEntry

# Addresses within the home, and pictures, whose addresses are signed.
SECRETS = {"artwork", "host", "stream_url"}


async def async_get_config_entry_diagnostics(_hass: HomeAssistant, entry: LocalCastConfigEntry) -> dict[str, Any]:
    """Return what the bridge has published last."""
    bridge = entry.runtime_data
    return async_redact_data(
        {
            "data": dict(entry.data),
            "options": dict(entry.options),
            "online": bridge.online,
            "info": bridge.info,
            "devices": list(bridge.devices.values()),
            "playlists": bridge.playlists,
            "reachable": bridge.reachable,
            "states": bridge.states,
        },
        SECRETS,
    )
