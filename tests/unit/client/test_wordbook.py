"""Words of further languages: what a file may say, what it may not, and where it is found."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from palier.client.errors import BadWords, NoSuchLanguage
from palier.client.screens.english import ENGLISH
from palier.client.screens.french import FRENCH
from palier.client.screens.texts import files, find_book, read_book, speech, word_places
from palier.client.screens.wordbook import Wordbook, read_words, write_words
from palier.client.screens.words import Words

GERMAN = """\
seat = "Platz {seat}"
columns = ["Platz", "Stufe", "Zustand", "Rest", "Seit", "Gewinn"]

[status]
running = "Läuft"

[ended]
finished = ["Danke", "Die Sitzung ist beendet."]

[numerals]
decimal = ","
thousands = "\\u202f"
"""


def flaws(text: str) -> list[str]:
    with pytest.raises(BadWords) as caught:
        read_words(text, name="de.toml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize("words", [ENGLISH, FRENCH])
def test_all_words_of_a_language_can_be_written_and_read_again(words: Words) -> None:
    text = write_words(Wordbook(words, ()), heading="Words\n\nof a language.")
    assert read_words(text, name="x.toml") == Wordbook(words, ())
    assert text.startswith("# Words\n#\n# of a language.\nseat = ")


def test_what_a_file_leaves_out_is_in_english_and_listed() -> None:
    book = read_words(GERMAN, name="de.toml")
    assert book.words.seat == "Platz {seat}"
    assert book.words.columns[0] == "Platz"
    assert book.words.ended["finished"] == ("Danke", "Die Sitzung ist beendet.")
    assert book.words.status["paused"] == "Paused"
    assert book.words.numerals.say(12345.5) == "12\u202f345,5"
    assert {"status.paused", "ended.closed", "lobby_title", "dates"} <= set(book.missing)
    assert not {"seat", "status.running", "numerals.decimal"} & set(book.missing)


def test_what_is_not_translated_yet_is_marked_in_what_is_written() -> None:
    text = write_words(read_words(GERMAN, name="de.toml"), heading="")
    lines = text.splitlines()
    assert lines[lines.index('lobby_title = "Welcome"') - 1] == "# not translated yet:"
    assert lines[lines.index('running = "Läuft"') - 1] != "# not translated yet:"
    assert tomllib.loads(text)["status"]["paused"] == "Paused"


MISTAKES = {
    'seat = "Platz {sit}"': (
        "de.toml:1: seat has a gap {sit} that nothing fills. In English there is {seat}."
    ),
    'seat = "Platz"': ("de.toml:1: seat leaves {seat} out, which is told in English."),
    'seat = "Platz {seat.__class__}"': (
        "de.toml:1: seat has a gap {seat.__class__} that nothing fills. In English there is {seat}."
    ),
    'seat = "Platz {seat:>9999999}"': (
        "de.toml:1: seat has a gap {seat:>9999999} that nothing fills. In English there is {seat}."
    ),
    'yes = "{n} Ja"': (
        "de.toml:1: yes has a gap {n} that nothing fills. In English there is no gap."
    ),
    'seat = "Platz {"': (
        "de.toml:1: seat has a brace alone. A brace that is meant so is written twice, {{ or }}."
    ),
    "seat = 3": ("de.toml:1: seat is a text: write it in quotation marks."),
    'yes = " "': ("de.toml:1: yes is empty. Leave it out to have it as it is built in."),
    '\n\nseats = "Platz {seat}"': ("de.toml:3: seats is not known. Did you mean seat?"),
    '[status]\nrunning = "Läuft"\nrunnin = "?"': (
        "de.toml:3: status.runnin is not known. Did you mean status.running?"
    ),
    'status = "Läuft"': ("de.toml:1: status is a table: write its texts below [status]."),
    'columns = ["Platz"]': (
        "de.toml:1: columns is a list of 6 texts in English, and has to be one here."
    ),
    '[numerals]\ndecimal = "x"': ("de.toml:2: numerals.decimal is a point or a comma."),
    '[numerals]\ndecimal = ","': ("de.toml:1: numerals.thousands is the same as numerals.decimal."),
    '[dates]\nform = "{day} {month}"': (
        "de.toml:2: dates.form has {day}, {year}, and {month} in letters or {number} in "
        "figures; {day:02} is 03."
    ),
    '[dates]\norder = "month"': ('de.toml:2: dates.order is "day" or "either".'),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_to_do(text: str) -> None:
    assert flaws(text) == [MISTAKES[text]]


def test_a_point_between_thousands_is_refused_since_it_is_read_as_decimal() -> None:
    (said,) = flaws('[numerals]\ndecimal = ","\nthousands = "."')
    assert said.startswith("de.toml:3: numerals.thousands is a space")


def test_all_mistakes_are_told_at_once_in_their_order() -> None:
    told = flaws('no = 1\nyes = 2\n[status]\nfoo = "bar"\n')
    assert [one.split(":")[1] for one in told] == ["1", "2", "4"]


def test_what_is_no_toml_is_told_with_its_line() -> None:
    (said,) = flaws('seat = "Platz {seat}"\nyes = Ja\n')
    assert said.startswith("de.toml:2: ")


# -- where they are -----------------------------------------------------------------------------


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    (tmp_path / "de.toml").write_text(GERMAN, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("asked", ["de", "DE", "de_AT", "de-AT", "de_DE.UTF-8"])
def test_a_language_is_found_by_its_name_with_a_country_or_without(asked: str, shelf: Path) -> None:
    spoken = speech(asked, places=[shelf])
    assert spoken.language == "de"
    assert spoken.words.seat == "Platz {seat}"


def test_the_file_of_a_country_comes_before_that_of_its_language(shelf: Path) -> None:
    (shelf / "de-at.toml").write_text('yes = "Jo"', encoding="utf-8")
    assert speech("de_AT", places=[shelf]).words.yes == "Jo"
    assert speech("de_CH", places=[shelf]).language == "de"


@pytest.mark.parametrize(
    ("asked", "language"), [("fr_FR", "fr"), ("French_France", "fr"), ("en-GB", "en")]
)
def test_french_and_english_are_there_without_a_file(asked: str, language: str) -> None:
    assert speech(asked, places=[]).language == language


def test_a_file_counts_for_more_than_what_is_built_in_and_is_completed_by_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "fr.toml").write_text('help = "À l’aide"', encoding="utf-8")
    words = speech("fr", places=[tmp_path]).words
    assert (words.help, words.yes) == ("À l’aide", "Oui")


def test_a_language_that_nobody_has_translated_is_refused_with_those_there_are(
    shelf: Path,
) -> None:
    with pytest.raises(NoSuchLanguage) as caught:
        speech("sv", places=[shelf])
    assert "'sv'" in str(caught.value)
    assert "de, en, fr" in str(caught.value)
    assert "palier words export sv" in str(caught.value)


def test_without_a_wish_there_is_always_a_language() -> None:
    assert speech(places=[]).language in {"en", "fr"}


def test_places_are_those_of_the_environment_then_the_users(shelf: Path) -> None:
    first, *others = word_places({"PALIER_WORDS": str(shelf / "de.toml")})
    assert list(files([first])) == [shelf / "de.toml"]
    assert others[0].name == "words"
    assert next(word_places({})) == others[0]


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "de.toml").write_bytes(b'seat = "Pl\xe4tz {seat}"')
    for file, why in (("de.toml", "is not written in UTF-8"), ("sv.toml", "No such file")):
        with pytest.raises(BadWords, match=why):
            read_book(tmp_path / file)
    assert find_book("sv", [tmp_path]) is None
