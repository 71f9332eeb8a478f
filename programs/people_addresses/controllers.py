"""The desk's part of the address book: one person at a time before its eyes."""

from typing import Any

from palier.controller import Controller, action
from palier.schemas.errors import PalierError

_FIELDS = ("name", "born", "card", "addresses", "circles")


class Editor(Controller):
    """Puts a person into the fields, and hands in what was made of it."""

    @action
    def pick(self, value: Any) -> None:
        """Show the person that was chosen, or none."""
        if value is None:
            self.close()
        for row in self.data["people"]:
            if row["value"] == value:
                self._show(row)

    @action
    def begin(self) -> None:
        """Show empty fields, for somebody new."""
        self._show({"id": 0, "version": 0, "value": None})

    @action
    def close(self) -> None:
        """Put the person away."""
        self._show({"id": -1, "version": 0, "value": None})

    @action
    async def show_all(self) -> None:
        """Search for nothing."""
        self.local.words = None
        await self._do("search", words="")

    @action
    async def save(self) -> None:
        """Save what the fields have; somebody else's newer version is shown, not overwritten."""
        if not self.local.name:
            self.surface.toast("Write a name first.")
            self.surface.focus("local.name")
            return
        body: dict[str, Any] = {one: self.local[one] for one in _FIELDS}
        body |= {"person": self.local.person, "version": self.local.version}
        await self._hand_in(
            {**body, "addresses": body["addresses"] or "", "circles": body["circles"] or ""}
        )

    @action
    async def erase(self) -> None:
        """Delete the person in the fields."""
        if await self._do("delete", person=self.local.person, version=self.local.version):
            self.close()

    @action
    async def insist(self) -> None:
        """Save, or delete, over what the other desk has done: both have been before one's eyes."""
        mine, theirs = self.data["mine"], self.data["theirs"]
        number, version = theirs["id"], theirs["version"]
        if mine["delete"]:
            if await self._do("delete", person=number, version=version):
                self.close()
            return
        body = {one: mine[one] or None if one in {"born", "card"} else mine[one] for one in _FIELDS}
        await self._hand_in({**body, "person": number, "version": version})

    @action
    async def give_way(self) -> None:
        """Leave it as the other desk has it, and show that."""
        theirs = self.data["theirs"]
        if await self._do("yield_"):
            self._show(theirs) if theirs["id"] else self.close()

    async def _hand_in(self, body: dict[str, Any]) -> None:
        before = {row["id"] for row in self.data["people"]}
        if not await self._do("save", **body):
            return
        for row in self.data["people"]:
            # somebody new is the one of this name who was not there
            is_it = row["id"] == body["person"] if body["person"] else row["id"] not in before
            if is_it and row["name"] == body["name"]:
                self._show(row)

    async def _do(self, name: str, /, **body: Any) -> bool:
        """Do something; return whether nobody was faster."""
        try:
            await self.act(name, **body)
            await self.surface.ask()  # what is shown now has that in it
        except PalierError as error:
            self.surface.toast(str(error))
            return False
        return not self.data["clash"]

    def _show(self, row: dict[str, Any]) -> None:
        for one in _FIELDS:
            self.local[one] = row.get(one) or None
        self.local.person, self.local.version = row["id"], row["version"]
        self.local.chosen = row["value"]
