"""What several files share."""

from typing import Final

DOMAIN: Final = "localcast"
CONTRACT: Final = 1  # the number of the MQTT contract that this integration speaks

CONF_BASE_TOPIC: Final = "base_topic"
CONF_SENTENCES: Final = "sentences"
DEFAULT_BASE_TOPIC: Final = "localcast"
