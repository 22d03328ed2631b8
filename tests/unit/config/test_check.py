"""What is wrong with a config is said by setting, and at once."""

from __future__ import annotations

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_marketo_programs.tap import TapMarketoPrograms


def test_every_missing_setting_is_named_with_where_to_find_it() -> None:
    with pytest.raises(ConfigValidationError) as caught:
        TapMarketoPrograms(config={})

    assert caught.value.errors == [
        "base_url: missing. REST endpoint shown in Admin > Web Services.",
        "client_id: missing. Client id of the LaunchPoint custom service.",
        "client_secret: missing. Client secret of the LaunchPoint custom service.",
    ]
