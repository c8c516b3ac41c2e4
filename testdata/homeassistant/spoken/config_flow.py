from homeassistant.config_entries import ConfigFlow


class SpokenConfigFlow(ConfigFlow, domain="spoken"):
    async def async_step_user(self, user_input=None):
        return self.async_create_entry(title="Spoken", data={})
