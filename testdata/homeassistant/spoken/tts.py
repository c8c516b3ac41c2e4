from pathlib import Path

from homeassistant.components import demo
from homeassistant.components.tts import TextToSpeechEntity


async def async_setup_entry(hass, entry, async_add_entities):
    sample = Path(demo.__file__).parent / "tts.mp3"
    async_add_entities([Spoken(await hass.async_add_executor_job(sample.read_bytes))])


class Spoken(TextToSpeechEntity):
    _attr_name = "Spoken"
    _attr_unique_id = "spoken"
    _attr_default_language = "en"
    _attr_supported_languages = ["en"]

    def __init__(self, sample):
        self._sample = sample

    async def async_get_tts_audio(self, message, language, options):
        return "mp3", self._sample
