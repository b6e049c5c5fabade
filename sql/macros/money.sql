-- Amounts as whole numbers of their fifteenth decimal, and back: what is split is split in these, so that
-- the parts add up to exactly what was there. A product of two such numbers holds up to 1.7 x 10^38.
create or replace macro units_of_usd(amount) as
    trunc(amount)::hugeint * 1000000000000000
    + ((amount - trunc(amount)) * 1000000000000000)::hugeint;
create or replace macro usd_of_units(units) as
    (
        divide(units, 1000000000000000)::decimal(38, 15)
        + (units % 1000000000000000)::decimal(15, 0) * 0.000000000000001::decimal(16, 15)
    )::decimal(38, 15);

-- The first day whose start is not before a moment.
create or replace macro first_day_from(moment) as
    case
        when moment >= timestamp '9999-12-31' then date '9999-12-31'
        else (moment + interval 1 day - interval 1 microsecond)::date
    end;

-- A split in whole units, rounded down, and what rounding took: the largest of these get one unit more.
create or replace macro part_of(whole, weight, total) as divide(whole * weight, total);
create or replace macro remainder_of(whole, weight, total) as whole * weight % total;

-- A cost as a weight: in billionths, so that its products with amounts stay in range. Unknown weighs nothing.
create or replace macro coarse_cost(amount) as
    trunc(greatest(coalesce(amount, 0), 0) * 1000000000)::hugeint;
