"""The controllers of a signed bundle: run from memory, once it has been examined."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import CodeType, ModuleType

from palier.client.bundles import Bundle, BundleRefused, examine
from palier.client.controllers import broken, checked
from palier.client.pins import Pin, Pins
from palier.client.signatures import NoSignatures
from palier.controller import Controller, ControllerError

#: The file that has the controllers; it imports the others as its neighbours.
_MAIN = "controllers"


class Bundled:
    """What a server's bundles have; one of the sources of a desk's controllers.

    ``content`` is the open session's bundle as it came, None while there is none; it may be set in
    any thread. ``trust`` is a fingerprint that somebody has compared: it is pinned when the first
    bundle that it has signed comes.
    """

    def __init__(
        self,
        pins: Pins,
        *,
        now: Callable[[], datetime],
        trust: str = "",
    ) -> None:
        self._pins = pins
        self.content: bytes | None = None
        self._now = now
        self._trust = "".join(trust.split()).lower()
        self._loaded: tuple[bytes, ModuleType] | None = None

    def find(self, name: str) -> type[Controller] | None:
        """Return the class; raises `ControllerError` where the bundle may not be run."""
        content = self.content
        if content is None:
            return None
        folder, _, class_name = name.partition(".")
        program = folder.replace("_", "-")
        module = self._module(program, content, name=name)
        if not hasattr(module, class_name):
            raise ControllerError(f"The bundle of {program} has no class {class_name} ({name}).")
        return checked(getattr(module, class_name), name, f"the bundle of {program}")

    def _module(self, program: str, content: bytes, *, name: str) -> ModuleType:
        if self._loaded is not None and self._loaded[0] == content:
            return self._loaded[1]
        try:
            bundle = self._examined(program, content)
        except (BundleRefused, NoSignatures, ValueError) as error:
            raise ControllerError(str(error)) from error
        try:
            module = _load(bundle)
        except Exception as error:
            raise broken(name, f"the bundle of {program}", error) from error
        self._loaded = (content, module)
        return module

    def _examined(self, program: str, content: bytes) -> Bundle:
        pin = self._pins.load(program)
        if pin is None and self._trust:
            pin = Pin(self._trust)
        bundle = examine(content, program=program, pin=pin, now=self._now())
        if bundle.pin != pin:
            # before it runs: what has run here is not to be forgotten
            self._pins.save(program, bundle.pin)
        return bundle


def _load(bundle: Bundle) -> ModuleType:
    package = f"palier_bundle_{bundle.manifest.program.replace('-', '_')}_{bundle.pin.digest[:12]}"
    # it stays: a function may import its neighbour when it is called
    sys.meta_path.append(_Files(package, bundle.files))
    return importlib.import_module(f"{package}.{_MAIN}")


class _Files(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds the modules of one package among files in memory; nothing of it is on disk."""

    def __init__(self, package: str, files: Mapping[str, bytes]) -> None:
        self._package = package
        self._files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return where a module of the package is, None for every other."""
        del path, target
        if fullname == self._package:
            return importlib.util.spec_from_loader(fullname, self, is_package=True)
        if self._file(fullname) in self._files:
            return importlib.util.spec_from_loader(fullname, self)
        return None

    def get_source(self, fullname: str) -> str:
        """Return the text of a module."""
        if fullname == self._package:
            return ""
        return self._files[self._file(fullname)].decode()

    def get_code(self, fullname: str) -> CodeType:
        """Return a module compiled, under the name of its file."""
        name = "__init__.py" if fullname == self._package else self._file(fullname)
        return self.source_to_code(self.get_source(fullname), f"{self._package}/{name}")

    def is_package(self, fullname: str) -> bool:
        """Whether it is the package itself."""
        return fullname == self._package

    def _file(self, fullname: str) -> str:
        return fullname.removeprefix(f"{self._package}.") + ".py"
