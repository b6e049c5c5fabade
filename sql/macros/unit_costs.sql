-- Exact ratios: whole numbers, divided and rounded half up.

-- The smaller of two numbers; unknown if one of them is.
create or replace macro lesser(one, other) as
    case when one < other then one when one >= other then other end;

-- How many there are for each of some, to a tenth.
create or replace macro tenths_each(total, heads) as
    case
        when heads > 0
            then divide(total::hugeint * 20 + heads::hugeint, heads::hugeint * 2)::decimal(37, 0)
                * 0.1::decimal(2, 1)
    end::decimal(18, 1);

-- What a cost is for each of so many, and for each million of so many tokens, to 1e-9 USD. Of the exact
-- amount, where per_head_usd first rounds: requests cost little.
create or replace macro cost_each_usd(cost_usd, heads) as
    case
        when heads > 0
            then divide(
                units_of_usd(cost_usd) * 2 + heads::hugeint * 1000000, heads::hugeint * 2000000
            )::decimal(37, 0) * 0.000000001::decimal(10, 9)
    end::decimal(38, 15);
create or replace macro per_million_usd(cost_usd, tokens) as
    case
        when tokens > 0
            then divide(
                units_of_usd(cost_usd) * 2 + tokens::hugeint, tokens::hugeint * 2
            )::decimal(37, 0) * 0.000000001::decimal(10, 9)
    end::decimal(38, 15);

-- The part of its list price that the contract left of one request. A discount has at most four decimals,
-- and the fifteenth of an amount is far below them, so this is the very number the ledger used.
create or replace macro contracted_part(contracted_usd, list_usd) as
    case
        when contracted_usd = list_usd then 1
        else divide(
            (contracted_usd * 1000000000000000)::hugeint * 20000
            + (list_usd * 1000000000000000)::hugeint,
            (list_usd * 1000000000000000)::hugeint * 2
        )::decimal(5, 0) * 0.0001::decimal(5, 4)
    end::decimal(5, 4);
