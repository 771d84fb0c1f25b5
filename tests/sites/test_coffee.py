"""Another domain is a folder: orders at a coffee counter, read by the very code that reads the line's commands."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from assistant.adapters.templates import Templates
from assistant.domain.spoken.mentions import Entities
from assistant.settings import hardware, intents, language, plant
from assistant.settings.intents import Intents
from assistant.settings.paths import shipped_site, site_folder
from assistant.settings.plant import Plant
from assistant.turn import shape
from assistant.turn.read import Reader

COFFEE = Path(__file__).parent / "coffee"
NOTHING = Entities({}, {})


@cache
def the_intents() -> Intents:
    return intents.load(site_folder(COFFEE, "intents"))


@cache
def the_templates() -> Templates:
    return Templates(the_intents(), language.load(site_folder(COFFEE, "grammars")).skip, COFFEE / "intents")


@cache
def the_reader() -> Reader:
    return Reader.of(the_templates(), language.load(site_folder(COFFEE, "grammars")), the_intents())


SAID: dict[str, list[dict[str, str]]] = {
    "latte": [{"coffeeDrink": "latte"}],
    "Hi, can I get an iced mocha, please?": [{"coffeeDrink": "iced mocha"}],
    # sizes are names, not numbers, however they are written
    "I'd like a 12-ounce light roast drip coffee": [
        {"size": "twelve ounce", "roast": "light roast", "coffeeDrink": "drip coffee"}
    ],
    "a 20 oz. house coffee": [{"size": "twenty ounce", "coffeeDrink": "house coffee"}],
    # in any order, before the drink and after it
    "double shot medium roast small cappuccino": [
        {"size": "small", "roast": "medium roast", "numberOfShots": "double shot", "coffeeDrink": "cappuccino"}
    ],
    "let me have an americano, triple shot, with a little bit of sweetener and some soy milk, in a large cup": [
        {
            "size": "large",
            "numberOfShots": "triple shot",
            "coffeeDrink": "americano",
            "milkAmount": "some soy milk",
            "sugarAmount": "a little bit of sweetener",
        }
    ],
    "an almond milk latte with lots of brown sugar": [
        {"coffeeDrink": "latte", "milkAmount": "almond milk", "sugarAmount": "lots of brown sugar"}
    ],
    "medium dark roast espresso": [{"size": "medium", "roast": "dark roast", "coffeeDrink": "espresso"}],
    "a medium, medium roast coffee": [{"size": "medium", "roast": "medium roast", "coffeeDrink": "coffee"}],
    # other words for the same value
    "a double espresso with a splash of skimmed milk": [
        {"numberOfShots": "double shot", "coffeeDrink": "espresso", "milkAmount": "a bit of skim milk"}
    ],
    # corrected, and several in one breath
    "a small mocha, sorry, a large mocha": [{"size": "large", "coffeeDrink": "mocha"}],
    "a coffee with cream and then an iced coffee with sugar": [
        {"coffeeDrink": "coffee", "milkAmount": "cream"},
        {"coffeeDrink": "iced coffee", "sugarAmount": "sugar"},
    ],
}


@pytest.mark.parametrize(("said", "orders"), SAID.items())
def test_an_order_is_read_with_all_its_slots(said: str, orders: list[dict[str, str]]) -> None:
    commands = the_reader().read(said, NOTHING)
    assert [(command.intent, dict(command.slots)) for command in commands] == [
        ("orderDrink", order) for order in orders
    ]


@pytest.mark.parametrize(
    "said",
    [
        "a latte with no sugar",
        "a latte with milk and cream",
        "a small latte in a large cup",
        "two lattes",
        "don't make me a latte",
        "I don't want a mocha",
        "a latte with oat milk",
        "hold lot four seven one two",
    ],
)
def test_what_is_not_wholly_understood_is_no_order(said: str) -> None:
    assert [command.intent for command in the_reader().read(said, NOTHING)] == ["unknown"]


def test_every_value_comes_back_as_it_is_written() -> None:
    values = [(slot, value) for slot, values in the_intents().lists.items() for value in values]
    assert {slot for slot, _ in values} == set(the_intents().by_name["orderDrink"].slots)
    assert [(slot, the_templates().match_slot(slot, value)) for slot, value in values] == values


def test_a_language_model_can_write_values_of_several_words() -> None:
    said = the_intents().by_name["orderDrink"].example
    match = the_reader().best(said, NOTHING)
    assert match is not None
    assert shape.parse(shape.written(match, the_intents()), the_intents()) == (
        shape.Proposal("orderDrink", match.slots),
    )


def test_a_site_needs_no_plant_and_no_models_of_its_own() -> None:
    assert plant.load(site_folder(COFFEE, "hardware")) == Plant()
    assert hardware.load(site_folder(COFFEE, "hardware")).methods == {}
    assert site_folder(COFFEE, "models") == shipped_site() / "models"
