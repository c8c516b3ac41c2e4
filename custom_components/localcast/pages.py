"""Which device page a media player stands on.

MQTT discovery makes a page for each Chromecast; the player belongs there, beside the other entities. A device belongs
to one config entry, so that a DeviceInfo cannot say so: the player is attached to the page that is there. Where there
is none (not yet, or discovery is off) it has a page of its own, which it leaves as soon as that of MQTT comes.
"""

from homeassistant.components.mqtt import DOMAIN as MQTT
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .bridge import LocalCastConfigEntry, Message
from .const import DOMAIN


class Pages:
    """The device pages of a bridge's media players."""

    def __init__(self, hass: HomeAssistant, entry: LocalCastConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._devices = dr.async_get(hass)
        self._entities = er.async_get(hass)
        entry.async_on_unload(hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._devices_changed))

    def page(self, device: Message) -> dr.DeviceEntry:
        """Return the page on which a device's player belongs now, made if need be."""
        if there := self._of_mqtt(device["id"]):
            return there
        return self._devices.async_get_or_create(
            config_entry_id=self._entry.entry_id,
            identifiers={(DOMAIN, device["id"])},
            manufacturer="Google",
            model=device.get("model"),
            name=device.get("name") or device["device"],
        )

    def remove(self, player: er.RegistryEntry) -> None:
        """Remove a player, and its page when nothing else stands on it."""
        self._entities.async_remove(player.entity_id)
        page = player.device_id
        if page and self._devices.async_get(page) and not er.async_entries_for_device(self._entities, page, True):
            self._devices.async_remove_device(page)

    @callback
    def settle(self) -> None:
        """Put every player on its page."""
        for player in er.async_entries_for_config_entry(self._entities, self._entry.entry_id):
            device = self._entry.runtime_data.devices.get(player.unique_id)
            if device is None or player.device_id == (page := self.page(device)).id:
                continue
            self._entities.async_update_entity(player.entity_id, device_id=page.id)
            self._leave_own(player.unique_id, page)

    def _leave_own(self, id: str, page: dr.DeviceEntry) -> None:
        """Remove a device's own page, and take along what the user has said of it."""
        own = self._devices.async_get_device_by_identifier((DOMAIN, id), self._entry.entry_id)
        if own is None or own.id == page.id:
            return
        self._devices.async_update_device(
            page.id, area_id=page.area_id or own.area_id, name_by_user=page.name_by_user or own.name_by_user
        )
        self._devices.async_remove_device(own.id)

    def _of_mqtt(self, id: str) -> dr.DeviceEntry | None:
        node = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in self._entry.runtime_data.base)
        for entry in self._hass.config_entries.async_entries(MQTT):
            if there := self._devices.async_get_device_by_identifier((MQTT, f"{node}_{id}"), entry.entry_id):
                return there
        return None

    @callback
    def _devices_changed(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        if event.data["action"] != "update":
            self.settle()
