import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sandbox.exact_json import read_exact, write_exact

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | DECIMALS.map(lambda one: one + 0),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_reads_back_as_it_was(value):
    # A Decimal without a fraction is written as an integer, which equals it.
    assert read_exact(write_exact(value)) == value


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,20})\.[0-9]{1,25}", fullmatch=True))
def test_digits_stay_as_they_were_written(digits):
    assert write_exact(read_exact(f'{{"cost":{digits}}}')) == f'{{"cost":{digits}}}'
    assert json.loads(write_exact(Decimal(digits)), parse_float=Decimal) == Decimal(digits)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "1e999999999", "[1e-5000]", "{", "01"])
def test_what_has_no_digits_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        read_exact(text)
