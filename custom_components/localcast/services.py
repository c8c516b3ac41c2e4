"""The actions that Home Assistant's media players do not have."""

from homeassistant.components.media_player import DOMAIN as MEDIA_PLAYER
from homeassistant.core import HomeAssistant, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv, service
from homeassistant.helpers.typing import VolDictType, VolSchemaType
import probatio

from .const import DOMAIN

TEXT = probatio.All(cv.string, probatio.Length(min=1))


def one_of(fields: VolDictType) -> VolSchemaType:
    """Return the schema of an action that wants exactly one of its fields."""
    return probatio.All(
        cv.make_entity_service_schema({probatio.Exclusive(name, "choice"): kind for name, kind in fields.items()}),
        cv.has_at_least_one_key(*(str(name) for name in fields)),
    )


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register them. Each calls the player's method of its name, and answers if asked."""
    actions: dict[str, VolDictType | VolSchemaType] = {
        "save_queue": {probatio.Required("name"): TEXT},
        "transfer": {probatio.Required("to"): TEXT},
        "sleep": one_of(
            {
                "minutes": probatio.All(probatio.Coerce(float), probatio.Range(min=0)),
                "after_item": probatio.All(cv.boolean, True),
            }
        ),
        "subtitles": one_of({"language": TEXT, "track": cv.positive_int, "off": probatio.All(cv.boolean, True)}),
        "speed": {probatio.Required("rate"): probatio.All(probatio.Coerce(float), probatio.Range(min=0.5, max=2))},
    }
    for name, schema in actions.items():
        service.async_register_platform_entity_service(
            hass,
            DOMAIN,
            name,
            entity_domain=MEDIA_PLAYER,
            func=f"async_{name}",
            schema=schema,
            supports_response=SupportsResponse.OPTIONAL,
        )
