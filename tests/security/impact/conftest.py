"""The estates of these tests are opened as those of the API's are, on each backend in turn."""

from tests.api.conftest import _quiet_log as _quiet_log
from tests.api.conftest import open_any as open_any
