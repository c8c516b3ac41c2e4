"""LocalCast: media players for the Chromecasts of a LocalCast bridge, over MQTT alone."""

from homeassistant.components import mqtt
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .assist import Sentences
from .bridge import INFO, Bridge, LocalCastConfigEntry
from .const import CONF_BASE_TOPIC, CONF_SENTENCES, DOMAIN
from .issues import check_contract, forget_issues, watch_twins
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [Platform.MEDIA_PLAYER]
RETAINED_TIMEOUT = 5  # seconds in which what the broker has retained must have come


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register the actions, which are there whether or not a bridge is."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: LocalCastConfigEntry) -> bool:
    """Listen to the bridge and add a media player for each of its devices."""
    if not await mqtt.async_wait_for_mqtt_client(hass):
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="mqtt_not_ready")
    bridge = entry.runtime_data = Bridge(hass, entry.data[CONF_BASE_TOPIC])
    entry.async_on_unload(await bridge.start())
    try:
        await bridge.wait_until_complete(RETAINED_TIMEOUT)
    except TimeoutError as error:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN, translation_key="no_bridge", translation_placeholders={"base": bridge.base}
        ) from error
    if not check_contract(hass, entry):
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="other_contract")

    @callback
    def info_changed() -> None:
        if not check_contract(hass, entry):
            hass.config_entries.async_schedule_reload(entry.entry_id)

    entry.async_on_unload(bridge.listen(INFO, info_changed))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    watch_twins(hass, entry)
    if entry.options.get(CONF_SENTENCES):
        Sentences(hass, entry).start()
    return True


async def async_unload_entry(hass: HomeAssistant, entry: LocalCastConfigEntry) -> bool:
    """Remove the media players; what was started ends by itself."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, _entry: LocalCastConfigEntry) -> None:
    """Take back the repair issues."""
    forget_issues(hass)


async def async_remove_config_entry_device(
    _hass: HomeAssistant, entry: LocalCastConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Let the user remove a device that the bridge does not have any more."""
    return not any((DOMAIN, id) in device.identifiers for id in entry.runtime_data.devices)
