"""Which LLMs count tokens alike: a later tokenizer counts more of them for the same text."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from models.errors import SeedError
from models.seed_cells import SeedFile, amount, count, filled, read_seed

FILE_NAME = "tokenizers.csv"

_COLUMNS = ("model", "tokenizer_generation", "tokens_for_same_text", "source")
_PLACES = Decimal("0.000000001")


@dataclass(frozen=True)
class Tokenizer:
    """How a model counts. `tokens` is how many it finds where the first generation finds one."""

    generation: int
    tokens: Decimal


def read_tokenizers(file: SeedFile) -> dict[str, Tokenizer]:
    """Return {model of the price list: its tokenizer}. Raises SeedError with all problems."""
    lines, problems = read_seed(file, _COLUMNS)
    found: dict[str, Tokenizer] = {}
    for number, line in lines:
        try:
            model, tokenizer = _read(line)
            _check(model, tokenizer, found)
        except ValueError as error:
            problems.append(f"{file.name} line {number}: {error}")
        else:
            found[model] = tokenizer
    if problems:
        raise SeedError("\n".join(problems))
    return found


def token_factor(one: Tokenizer, other: Tokenizer) -> Decimal:
    """Return how many tokens `other` counts where `one` counts one, to nine decimals."""
    return (other.tokens / one.tokens).quantize(_PLACES)


def _read(line: Mapping[str, str]) -> tuple[str, Tokenizer]:
    tokens = amount(line["tokens_for_same_text"])
    if not tokens:
        raise ValueError(
            "tokens_for_same_text is 0: write how many for one of the first generation"
        )
    return filled(line["model"]), Tokenizer(count(line["tokenizer_generation"]), tokens)


def _check(model: str, tokenizer: Tokenizer, known: Mapping[str, Tokenizer]) -> None:
    if model in known:
        raise ValueError(f"{model!r} is there already: keep one line")
    if any(
        other.generation == tokenizer.generation and other.tokens != tokenizer.tokens
        for other in known.values()
    ):
        raise ValueError(
            f"generation {tokenizer.generation} has another tokens_for_same_text above:"
            " models of one generation count alike, so correct one of them"
        )
