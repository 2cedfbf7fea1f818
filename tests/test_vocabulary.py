"""The vocabulary: every word survives, other spellings are recognised, other things are not."""

import pytest

from manyeyes.model.synonyms import ENDINGS, SYNONYMS
from manyeyes.model.vocabulary import VOCABULARY, WORDS, Vocabulary

EVERY_WORD = [(path, word) for path, words in WORDS.items() for word in words]


@pytest.mark.parametrize(("path", "word"), EVERY_WORD)
def test_every_word_survives_in_any_case_and_with_any_hyphen(path: str, word: str) -> None:
    spellings = {word, word.upper(), word.title(), word.replace("-", " "), word.replace(" ", "-")}
    spellings |= {word.replace(" ", "_"), f"  {word} ", f"{word}."}
    assert {VOCABULARY.recognise(path, spelling) for spelling in spellings} == {word}


@pytest.mark.parametrize(("path", "word"), EVERY_WORD)
def test_every_word_is_recognised_with_its_endings(path: str, word: str) -> None:
    for ending in ENDINGS.get(path, ()):
        said = f"{word} {ending}"
        understood = VOCABULARY.recognise(path, said)
        assert understood == word or said in str(SYNONYMS[path]), said


@pytest.mark.parametrize(
    ("path", "said", "word"),
    [
        ("neckline", "V neck", "v-neck"),
        ("neckline", "VNeck", "v-neck"),
        ("neckline", "v-shaped neckline", "v-neck"),
        ("neckline", "Crew Neck", "crew"),
        ("neckline", "off the shoulder", "off-shoulder"),
        ("neckline", "Roll-neck", "turtleneck"),
        ("garment_type", "T-shirt", "t-shirt"),
        ("garment_type", "tee", "t-shirt"),
        ("garment_type", "Tees", "t-shirt"),
        ("garment_type", "Dresses", "dress"),
        ("garment_type", "trousers", "pants"),
        ("garment_type", "pant", "pants"),
        ("garment_type", "long-sleeved T-shirt", "long-sleeve"),
        ("garment_type", "Two Piece", "two-piece"),
        ("garment_type", "co ords", "co-ord"),
        ("garment_type", "matching sets", "matching set"),
        ("sleeve_length", "Long Sleeves", "long"),
        ("sleeve_length", "short-sleeved", "short"),
        ("sleeve_length", "three quarter", "3/4"),
        ("sleeve_length", "3/4-length sleeves", "3/4"),
        ("sleeve_length", "¾", "3/4"),
        ("pattern", "polka dots", "polka dot"),
        ("pattern", "polka-dot", "polka dot"),
        ("pattern", "Striped", "stripe"),
        ("pattern", "stripes", "stripe"),
        ("pattern", "plain", "solid"),
        ("pattern", "tartan", "plaid"),
        ("pattern", "floral print", "floral"),
        ("pattern", "leopard-print", "animal print"),
        ("silhouette", "A line", "a-line"),
        ("fit", "Slim Fit", "slim"),
        ("fabric", "viscose", "rayon"),
        ("finish", "matt", "matte"),
        ("lighting.type", "Natural light", "natural"),
        ("lighting.direction", "45 degrees", "45deg"),
        ("lighting.direction", "backlit", "back"),
        ("camera.angle", "three-quarter view", "3/4 front"),
        ("camera.angle", "profile", "side"),
        ("camera.height", "Eye-level", "eye level"),
        ("camera.height", "low angle", "low"),
    ],
)
def test_other_words_for_the_same_thing_are_normalised(path: str, said: str, word: str) -> None:
    assert VOCABULARY.recognise(path, said) == word


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("garment_type", "kimono"),
        ("garment_type", "leggings"),
        ("garment_type", "swimsuit"),
        ("garment_type", "waistcoat"),
        ("garment_type", ""),
        ("garment_type", "s"),
        ("garment_type", "dress or skirt"),
        ("fabric", "faux leather"),
        ("fabric", "cotton, polyester"),
        ("fabric", "denim jacket"),
        ("pattern", "houndstooth"),
        ("neckline", "collared"),
        ("neckline", "neck"),
        ("sleeve_length", "sleeves"),
        ("camera.angle", "3/4 back"),
        ("lighting.type", "lighting"),
    ],
)
def test_what_is_not_the_same_thing_is_not_recognised(path: str, said: str) -> None:
    assert VOCABULARY.recognise(path, said) is None


def test_every_synonym_stands_for_a_word_of_its_field() -> None:
    for path, words in SYNONYMS.items():
        assert set(words) <= set(WORDS[path]), path
        for word, others in words.items():
            for other in others:
                assert VOCABULARY.recognise(path, other) == word, (path, other)


def test_a_vocabulary_of_ones_own_knows_its_words_alone() -> None:
    own = Vocabulary({"season": ("spring", "autumn")}, {"season": {"autumn": ("fall",)}})
    assert own.recognise("season", "Fall") == "autumn"
    assert own.recognise("season", "winter") is None
