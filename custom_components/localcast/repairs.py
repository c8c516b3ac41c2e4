"""The repair that a press of a button does."""

from homeassistant.components.conversation import DOMAIN as CONVERSATION
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant


class HideTwin(ConfirmRepairFlow):
    """Hide the twin from Assist."""

    def __init__(self, twin: str) -> None:
        self._twin = twin

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Hide it once the user agrees."""
        if user_input is not None:
            async_expose_entity(self.hass, CONVERSATION, self._twin, False)
        return await super().async_step_confirm(user_input)


async def async_create_fix_flow(
    _hass: HomeAssistant, _issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow for an issue. Only twins can be repaired from here."""
    return HideTwin(str((data or {}).get("twin")))
