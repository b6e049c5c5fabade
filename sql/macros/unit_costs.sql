-- Exact ratios: whole numbers, divided and rounded half up. `per_head_usd` is the one of money.

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

-- What a million tokens cost of which so many cost so much.
create or replace macro per_million_usd(cost_usd, tokens) as per_head_usd(cost_usd * 1000000, tokens);

-- The part of the list price that the contract left to pay. A discount has at most four decimals, and
-- the fifteenth of an amount is far below them, so this is the very number the ledger used.
create or replace macro contracted_part(contracted_usd, list_usd) as
    case
        when list_usd = 0 then 1
        else divide(
            units_of_usd(contracted_usd) * 20000 + units_of_usd(list_usd), units_of_usd(list_usd) * 2
        )::decimal(5, 0) * 0.0001::decimal(5, 4)
    end::decimal(5, 4);
