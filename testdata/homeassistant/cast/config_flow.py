import probatio

from homeassistant.config_entries import ConfigFlow


class CastConfigFlow(ConfigFlow, domain="cast"):
    async def async_step_user(self, user_input=None):
        if user_input is None:
            return self.async_show_form(step_id="user", data_schema=probatio.Schema({"uuid": str, "name": str}))
        return self.async_create_entry(title="Google Cast", data=user_input)
