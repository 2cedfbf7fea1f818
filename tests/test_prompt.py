"""The question a model is asked."""

from manyeyes.analyzers.prompt import default_ask, full_prompt
from manyeyes.model.ask import Generation
from manyeyes.model.descriptor import SCHEMA_NAME, descriptor_schema
from manyeyes.model.vocabulary import WORDS

MARK = "[manyeyes abc]"


def test_the_prompt_lists_every_word_of_the_vocabulary_beside_its_key() -> None:
    lines = default_ask().prompt.splitlines()
    for path, words in WORDS.items():
        key, _, part = path.partition(".")
        line = next(line for line in lines if line.startswith(f"{key}:"))
        assert " | ".join(words) in line, path
        assert part in line


def test_the_prompt_names_every_key_of_the_schema_once_on_a_line_of_its_own() -> None:
    properties = descriptor_schema()["properties"]
    assert isinstance(properties, dict)
    starts = [line.partition(":")[0] for line in default_ask().prompt.splitlines()]
    assert [starts.count(key) for key in properties] == [1] * len(properties)


def test_the_prompt_forbids_invention_and_asks_for_json_alone() -> None:
    prompt = default_ask().prompt
    for words in ("Never guess", "null", "one JSON object and nothing else", "is_garment to false"):
        assert words in prompt


def test_the_prompt_is_compact() -> None:
    # Some 4 characters are a token: under 1,000 tokens, at $0.30 a million under $0.0003 a picture.
    assert len(default_ask().prompt) < 4_000


def test_the_ask_names_the_schema_and_keeps_the_generation_settings() -> None:
    generation = Generation(max_output_tokens=2_048)
    ask = default_ask(generation)
    assert (ask.schema, ask.generation, ask.correction) == (SCHEMA_NAME, generation, None)
    assert default_ask().generation == Generation()


def test_the_mark_is_the_last_line() -> None:
    text = full_prompt(default_ask(), MARK)
    assert text.startswith(default_ask().prompt)
    assert text.splitlines()[-1] == MARK


def test_asking_again_says_what_was_wrong_before_the_mark() -> None:
    ask = default_ask().corrected("There is no JSON object in the answer.")
    text = full_prompt(ask, MARK)
    assert text.startswith(ask.prompt)
    assert ask.prompt in text
    assert "could not be used. There is no JSON object in the answer." in text
    assert text.splitlines()[-1] == MARK
