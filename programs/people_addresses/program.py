"""A shared address book: several desks edit it at once, and nobody overwrites anybody unseen."""

from datetime import date
from typing import Any

from palier.program import (
    Entity,
    Field,
    Form,
    Live,
    ManyToMany,
    ManyToOne,
    OneToMany,
    OneToOne,
    Participant,
    Program,
    Refuse,
    Session,
    Unique,
    action,
    db,
)


class Person(Entity):
    """Somebody, with all that belongs to them; ``changes`` makes each change one of the row."""

    name: str = Field(min_length=1, max_length=60)
    born: date | None = None
    changed_by: str = ""
    changes: int = 0
    addresses = OneToMany("Address")
    card = OneToOne("Card")
    circles = ManyToMany("Circle")


class Address(Entity):
    """A place where somebody lives; it goes with them."""

    street: str
    person = ManyToOne("Person")
    city = ManyToOne("City")


class City(Entity):
    """A town; it stays when nobody lives there any more."""

    name: Unique[str]
    addresses = OneToMany("Address", owned=False)


class Card(Entity):
    """The library card of one person."""

    number: Unique[int]
    person = ManyToOne("Person")


class Circle(Entity):
    """People who meet."""

    name: Unique[str]
    members = ManyToMany("Person")


class Entry(Form):
    """A person as one desk has written it; ``version`` is what that desk had before its eyes."""

    person: int = Field(default=0, ge=0, title="Number", description="0 for somebody new.")
    version: int = Field(default=0, ge=0, title="Version")
    name: str = Field(min_length=1, max_length=60, title="Name")
    born: date | None = Field(default=None, title="Born on")
    card: int | None = Field(default=None, ge=1, title="Library card")
    addresses: str = Field(
        default="", max_length=600, title="Addresses", description="One a line: street, city."
    )
    circles: str = Field(
        default="", max_length=200, title="Circles", description="With commas between them."
    )


class Which(Form):
    """A person as one desk has them before its eyes."""

    person: int = Field(ge=1, title="Number")
    version: int = Field(ge=0, title="Version")


class Words(Form):
    """What a desk looks for; nothing for everybody."""

    words: str = Field(default="", max_length=60, title="Search")


# -- what is done to the tables: each in a transaction, once --------------------------------------


def told(person: Person) -> dict[str, Any]:
    """Return a person as desks show one."""
    return {
        "id": person.id,
        "version": person.version,
        "name": person.name,
        "born": person.born.isoformat() if person.born else "",
        "card": person.card.number if person.card else None,
        "addresses": "\n".join(f"{one.street}, {one.city.name}" for one in person.addresses),
        "circles": ", ".join(sorted(one.name for one in person.circles)),
        "by": person.changed_by,
    }


def everyone() -> list[dict[str, Any]]:
    """Return all that the tables have."""
    return [told(one) for one in Person.where().order_by("name")]


def write(entry: dict[str, Any], by: str) -> dict[str, Any]:
    """Make or change a person; somebody else's newer version is returned, not overwritten."""
    person = Person.get(entry["person"]) if entry["person"] else None
    if entry["person"] and person is None:
        return {"gone": entry["person"]}
    if person is not None and person.version != entry["version"]:
        return {"clash": told(person)}
    card = Card.where(number=entry["card"]).first() if entry["card"] else None
    if card is not None and card.person is not person:
        return {"refused": f"Card {card.number} belongs to {card.person.name}."}
    person = person or Person(name=entry["name"])
    person.name, person.changed_by = entry["name"], by
    person.born = date.fromisoformat(entry["born"]) if entry["born"] else None
    person.changes += 1  # its addresses are part of it: each change makes a new version of it
    if (person.card.number if person.card else None) != entry["card"]:
        person.card = None
        db.flush()
        person.card = Card(number=entry["card"]) if entry["card"] else None
    _write_addresses(person, entry["addresses"])
    person.circles = [
        Circle.where(name=one).first() or Circle(name=one) for one in _parted(entry["circles"], ",")
    ]
    db.flush()
    return {"row": told(person)}


def _write_addresses(person: Person, lines: str) -> None:
    wanted = [_street_and_city(one) for one in _parted(lines, "\n")]
    for address in list(person.addresses):
        if (address.street, address.city.name) in wanted:
            wanted.remove((address.street, address.city.name))
        else:
            person.addresses.remove(address)
    for street, city in wanted:
        place = City.where(name=city).first() or City(name=city)
        person.addresses.append(Address(street=street, city=place))


def erase(number: int, version: int) -> dict[str, Any]:
    """Delete a person with their addresses and card; not one that was changed meanwhile."""
    person = Person.get(number)
    if person is not None and person.version != version:
        return {"clash": told(person)}
    if person is not None:
        person.delete()
    return {"gone": number}


def begin(samples: bool) -> list[dict[str, Any]]:  # noqa: FBT001 - handed on
    """Return what is there; where that is nothing, write a few to begin with."""
    if samples and not Person.where().count():
        for one in SAMPLES:
            write({"person": 0, "version": 0, **one}, "Palier")
    return everyone()


def _parted(text: str, mark: str) -> list[str]:
    return list(dict.fromkeys(one.strip() for one in text.split(mark) if one.strip()))


def _street_and_city(line: str) -> tuple[str, str]:
    street, _, city = line.rpartition(",")
    return street.strip(), city.strip()


# -- what desks do ---------------------------------------------------------------------------------


_NOBODY = {
    "id": 0,
    "version": 0,
    "name": "",
    "born": "",
    "card": None,
    "addresses": "",
    "circles": "",
    "by": "",
    "delete": False,
}


class Book(Live):
    """The book while it is open: what all see, and where two have changed the same."""

    def __init__(self, people: list[dict[str, Any]]) -> None:
        self.people = {one["id"]: one for one in people}
        #: By seat: what it wrote, over what somebody else had changed meanwhile.
        self.clashes: dict[str, dict[str, Any]] = {}
        self.words: dict[str, str] = {}

    @action(title="Save")
    def save(self, who: Participant, entry: Entry) -> None:
        """Save a person; where another desk was faster, show both and change nothing."""
        for line in _parted(entry.addresses, "\n"):
            if not all(_street_and_city(line)):
                raise Refuse(f"Write each address as street, city: not “{line}”.")
        mine = entry.model_dump(mode="json")
        self._take(who, self.transaction(write, mine, who.seat), mine)

    @action(title="Delete")
    def delete(self, who: Participant, which: Which) -> None:
        """Delete a person, unless another desk has changed it meanwhile."""
        mine = {**which.model_dump(), "delete": True}
        self._take(who, self.transaction(erase, which.person, which.version), mine)

    @action(title="Take theirs")
    def yield_(self, who: Participant) -> None:
        """Leave it as the other desk has it."""
        self.clashes.pop(who.seat, None)

    @action(title="Search")
    def search(self, who: Participant, words: Words) -> None:
        """Show this desk only those in whom a text is found."""
        self.words[who.seat] = words.words.strip()

    @action(title="Read again")
    def read(self, _who: Participant) -> None:
        """Read the tables anew: other sessions write into them too."""
        self.people = {one["id"]: one for one in self.transaction(everyone)}

    def _take(self, who: Participant, result: dict[str, Any], mine: dict[str, Any]) -> None:
        if "refused" in result:
            raise Refuse(result["refused"])
        self.clashes.pop(who.seat, None)
        if "gone" in result:
            self.people.pop(result["gone"], None)
            if not mine.get("delete"):
                self.clashes[who.seat] = {"mine": mine, "theirs": _NOBODY}
            return
        row = result.get("clash") or result["row"]
        self.people[row["id"]] = row
        if "clash" in result:
            self.clashes[who.seat] = {"mine": mine, "theirs": row}

    def shown(self) -> dict[str, Any]:
        """Return everybody, by name."""
        rows = sorted(self.people.values(), key=lambda one: (one["name"].casefold(), one["id"]))
        return {"people": [_listed(one) for one in rows]}

    def shown_to(self, who: Participant) -> dict[str, Any]:
        """Return what this desk looks for, and where it was not the first."""
        words = self.words.get(who.seat, "")
        clash = self.clashes.get(who.seat)
        return {
            "words": words,
            "found": [one for one in self.shown()["people"] if _has(one, words)] if words else [],
            "clash": clash is not None,
            "mine": _listed({**_NOBODY, **(clash["mine"] if clash else {})}),
            "theirs": _listed({**_NOBODY, **(clash["theirs"] if clash else {})}),
        }


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    # a choice shows ``text`` and keeps ``value``; a line of a table has no room for several
    return {
        **row,
        "value": str(row["id"]),
        "text": row["name"],
        "places": row["addresses"].replace("\n", " · "),
    }


def _has(row: dict[str, Any], words: str) -> bool:
    return words.casefold() in " ".join(str(one) for one in row.values()).casefold()


class PeopleAddresses(Program):
    """One book for all: open until everybody has left it."""

    title = "People and addresses"
    steps = ("book", "goodbye")

    class Settings(Program.Settings):
        """What an operator can set."""

        samples: bool = Field(default=True, description="Begin an empty book with a few people.")

    async def run(self, session: Session) -> None:
        """Open the book; it stays open until everybody has left."""
        book = Book(await session.transaction(begin, self.settings.samples))
        await session.stage("book", live=book, title="Address book")
        await session.stage("goodbye", data={"people": len(book.people)})


SAMPLES = (
    {
        "name": "Ada Lovelace",
        "born": "1815-12-10",
        "card": 1843,
        "addresses": "12 St James’s Square, London\nOckham Park, Ockham",
        "circles": "Mathematics, Music",
    },
    {
        "name": "Charles Babbage",
        "born": "1791-12-26",
        "card": 1822,
        "addresses": "1 Dorset Street, London",
        "circles": "Mathematics",
    },
    {
        "name": "Sophie Germain",
        "born": "1776-04-01",
        "card": None,
        "addresses": "13 rue de Savoie, Paris",
        "circles": "Mathematics",
    },
)
