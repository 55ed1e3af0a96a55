"""A dict of settings and sizes for a constructor such as `Conv(config)`, which may use various names for them.

Internal to check/adapter/classes/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .words import plain

ARRAYS = ("w", "b", "gamma", "beta")
SIDES = ("kernel_rows", "kernel_columns")


class SizeConfig(dict[str, Any]):
    """A dict of settings under their usual names. Code can also read them, and sizes, by other names or as attributes.

    The dict records what the code reads, because a setting that the code never reads cannot be varied.

    Args:
        settings: the settings under their usual names.
        values: the values of sizes and settings by role.
        words: by role, the possible names, separated by spaces.
        read: the roles that the code reads are added to this set.
    """

    def __init__(
        self, settings: Mapping[str, Any], values: Mapping[str, Any], words: Mapping[str, str], read: set[str]
    ) -> None:
        super().__init__(settings)
        self._values = dict(values)
        self._roles = {
            word: role for role, names in reversed(list(words.items())) if role not in ARRAYS for word in names.split()
        }
        self._read = read

    def __getitem__(self, key: str) -> Any:
        """The value of a setting or size. Raises KeyError if the name is unknown."""
        if key not in self:
            raise KeyError(key)
        role = self._role(key)
        if role in self._values and not super().__contains__(key):
            return self._values[role]
        return super().__getitem__(key)

    def __getattr__(self, name: str) -> Any:
        """The value of a setting or size, for code that reads attributes of the config."""
        if name.startswith("_") or name not in self:
            raise AttributeError(name)
        return self[name]

    def __contains__(self, key: object) -> bool:
        """True if the name is a setting or a size."""
        role = self._role(key)
        self._read.add("kernel_size" if role in SIDES else role)
        return super().__contains__(key) or role in self._values

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a setting or size, or the default if the name is unknown."""
        return self[key] if key in self else default

    def _role(self, key: object) -> str:
        return self.__dict__["_roles"].get(plain(str(key)), str(key)) if "_roles" in self.__dict__ else str(key)
