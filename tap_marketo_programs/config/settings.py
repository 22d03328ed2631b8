"""Every setting of the tap, each in one place.

The settings stand in groups: how Marketo is reached, what is extracted, how members are
exported. From the fields follow the JSON Schema that the SDK checks a config by, and, by
`python tests/support/reference.py`, the settings in the README, in meltano.yml and in
tap-marketo-programs.yml. It must not know who uses a setting, where its value comes from,
nor the SDK's own settings (`stream_maps` and so on).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from tap_marketo_programs.config.connection_settings import ConnectionSettings
from tap_marketo_programs.config.run_settings import RunSettings
from tap_marketo_programs.config.scope_settings import ScopeSettings
from tap_marketo_programs.config.setting import settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Settings(RunSettings, ScopeSettings, ConnectionSettings):
    """The settings of a run, as client and streams work with them.

    A field has its setting's name, and None where that is not set and has no default.
    The words and types beside it are those of `setting.Setting`. The fields of the last
    base come first, as everywhere in dataclasses.
    """

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The settings that a config holds; it is read and left as it is.

        Args:
            config: One in which nothing is wrong (`validation.validated`).

        Raises:
            MarketoConfigError: `base_url` is no URL of a Marketo host.
            ValueError: `start_date` is no date and time.
        """
        return cls(**{name: one.value(config.get(name)) for name, one in SETTINGS.items()})


SETTINGS = settings_of(Settings)
"""Every setting by name, in the order of the README."""
