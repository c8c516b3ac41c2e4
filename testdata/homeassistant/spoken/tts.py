import io
import wave

from homeassistant.components.tts import TextToSpeechEntity


async def async_setup_entry(hass, entry, async_add_entities):
    async_add_entities([Spoken()])


class Spoken(TextToSpeechEntity):
    _attr_name = "Spoken"
    _attr_unique_id = "spoken"
    _attr_default_language = "en"
    _attr_supported_languages = ["en"]

    async def async_get_tts_audio(self, message, language, options):
        sound = io.BytesIO()
        with wave.open(sound, "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(2 * 2 * 8000))
        return "wav", sound.getvalue()
