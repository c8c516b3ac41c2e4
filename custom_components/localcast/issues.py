"""What the user should repair: a bridge that speaks another contract, and players that Assist knows twice."""

from homeassistant.components.conversation import DOMAIN as CONVERSATION
from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.components.media_player import DOMAIN as MEDIA_PLAYER
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.start import async_at_started

from .bridge import DEVICES, LocalCastConfigEntry
from .const import CONTRACT, DOMAIN

CONTRACT_ISSUE = "contract"
TWIN_ISSUE = "twin_"


def check_contract(hass: HomeAssistant, entry: LocalCastConfigEntry) -> bool:
    """Tell whether the bridge speaks our contract, and raise or remove the issue that says so."""
    found = entry.runtime_data.info.get("contract")
    if found == CONTRACT:
        ir.async_delete_issue(hass, DOMAIN, CONTRACT_ISSUE)
        return True
    ir.async_create_issue(
        hass,
        DOMAIN,
        CONTRACT_ISSUE,
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key="contract_newer" if isinstance(found, int) and found > CONTRACT else "contract_older",
        translation_placeholders={"found": str(found), "known": str(CONTRACT)},
    )
    return False


def watch_twins(hass: HomeAssistant, entry: LocalCastConfigEntry) -> None:
    """Keep an issue for each device whose twin from the core's Google Cast integration Assist knows as well."""

    @callback
    def look(_event: Event[er.EventEntityRegistryUpdatedData] | None = None) -> None:
        with ir.async_refresh_issues(hass, DOMAIN, issue_id_pattern=TWIN_ISSUE):
            for id in entry.runtime_data.devices:
                if twin := exposed_twin(hass, id):
                    ir.async_create_issue(
                        hass,
                        DOMAIN,
                        TWIN_ISSUE + id,
                        data={"twin": twin.entity_id},
                        is_fixable=True,
                        severity=ir.IssueSeverity.WARNING,
                        translation_key="twin",
                        translation_placeholders={
                            "name": er.async_get_full_entity_name(hass, twin),
                            "twin": twin.entity_id,
                        },
                    )

    @callback
    def begin(_hass: HomeAssistant) -> None:
        look()
        entry.async_on_unload(entry.runtime_data.listen(DEVICES, look))
        entry.async_on_unload(hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, look))

    entry.async_on_unload(async_at_started(hass, begin))


def exposed_twin(hass: HomeAssistant, id: str) -> er.RegistryEntry | None:
    """Return what the Cast integration has made of a device, if Assist knows it and ours."""
    registry = er.async_get(hass)
    ours = registry.async_get_entity_id(MEDIA_PLAYER, DOMAIN, id)
    dashed = f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}"
    cast = registry.async_get_entity_id(MEDIA_PLAYER, "cast", dashed)
    twin = registry.async_get(cast) if cast else None
    if ours is None or twin is None or twin.disabled:
        return None
    exposed = all(async_should_expose(hass, CONVERSATION, entity_id) for entity_id in (ours, twin.entity_id))
    return twin if exposed else None


def forget_issues(hass: HomeAssistant) -> None:
    """Remove every issue."""
    with ir.async_refresh_issues(hass, DOMAIN):
        pass
