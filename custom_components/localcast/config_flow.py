"""How the bridge comes into Home Assistant: found over MQTT, or by its base topic."""

import asyncio
from typing import Any

from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult, OptionsFlowWithReload
from homeassistant.core import callback
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
import probatio

from .bridge import INFO, Message, decoded
from .const import CONF_BASE_TOPIC, CONF_SENTENCES, DEFAULT_BASE_TOPIC, DOMAIN

INFO_TIMEOUT = 5  # seconds in which a retained message must have come


class LocalCastConfigFlow(ConfigFlow, domain=DOMAIN):
    """One empty form for a bridge that was found; one question for another base topic."""

    VERSION = 1
    _base = DEFAULT_BASE_TOPIC

    @staticmethod
    @callback
    def async_get_options_flow(_entry: ConfigEntry) -> LocalCastOptionsFlow:
        """Return the flow of the options."""
        return LocalCastOptionsFlow()

    async def async_step_mqtt(self, discovery_info: MqttServiceInfo) -> ConfigFlowResult:
        """Begin with the retained message of a bridge."""
        self._base = discovery_info.topic.removesuffix(f"/{INFO}")
        info = decoded(discovery_info, dict) or {}
        if not info.get("id"):  # empty: the bridge has taken back what it published
            return self.async_abort(reason="invalid_discovery_info")
        await self.async_set_unique_id(info["id"])
        self._abort_if_unique_id_configured()
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a nod."""
        if user_input is None:
            self._set_confirm_only()
            return self.async_show_form(step_id="confirm", description_placeholders={"base": self._base})
        return self._create()

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the base topic, and look whether a bridge is there."""
        if not await mqtt.async_wait_for_mqtt_client(self.hass):
            return self.async_abort(reason="mqtt_not_ready")
        errors: dict[str, str] = {}
        if user_input is not None:
            self._base = user_input[CONF_BASE_TOPIC].strip().strip("/")
            if not self._base or set("+#$") & set(self._base):
                errors[CONF_BASE_TOPIC] = "invalid_topic"
            elif info := await self._retained_info():
                await self.async_set_unique_id(info["id"], raise_on_progress=False)
                self._abort_if_unique_id_configured()
                return self._create()
            else:
                errors[CONF_BASE_TOPIC] = "no_bridge"
        schema = probatio.Schema({probatio.Required(CONF_BASE_TOPIC, default=self._base): str})
        return self.async_show_form(step_id="user", data_schema=schema, errors=errors)

    def _create(self) -> ConfigFlowResult:
        return self.async_create_entry(title="LocalCast", data={CONF_BASE_TOPIC: self._base})

    async def _retained_info(self) -> Message | None:
        """Return what the bridge says of itself below the base topic, if one is there."""
        found: asyncio.Future[Message] = self.hass.loop.create_future()

        @callback
        def hear(message: mqtt.ReceiveMessage) -> None:
            info = decoded(message, dict) or {}
            if info.get("id") and not found.done():
                found.set_result(info)

        end = await mqtt.async_subscribe(self.hass, f"{self._base}/{INFO}", hear, 1)
        try:
            async with asyncio.timeout(INFO_TIMEOUT):
                return await found
        except TimeoutError:
            return None
        finally:
            end()


class LocalCastOptionsFlow(OptionsFlowWithReload):
    """Whether to listen for sentences of our own."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask, and keep the answer."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        now = self.config_entry.options.get(CONF_SENTENCES, False)
        schema = probatio.Schema({probatio.Required(CONF_SENTENCES, default=now): bool})
        return self.async_show_form(step_id="init", data_schema=schema)
