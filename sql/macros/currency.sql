-- usd_of: an amount of another currency over units_per_dollar, divided exactly and rounded half to even at
-- the fifteenth decimal. units_per_dollar is over 0 and below 10^9, with nine decimals at most; the amount
-- is any DECIMAL(38, 15) of either sign; where one of both is NULL, so is the result. ccu_of does the same
-- with what a CCU costs. Both need sql/macros/money.sql.

-- A quotient of whole numbers that are not negative, rounded half to even.
create or replace macro half_even(number, divisor) as
    divide(number, divisor)
    + case
        when 2 * (number % divisor) > divisor then 1
        when 2 * (number % divisor) = divisor then divide(number, divisor) % 2
        else 0
    end;

-- Units over a divisor in billionths. Divided in two steps, what is kept in between stays below 10^38; a
-- whole number of billions is even, so the last step rounds as one division would.
create or replace macro units_divided(units, divisor) as
    divide(units, divisor) * 1000000000 + half_even((units % divisor) * 1000000000, divisor);

create or replace macro divided(amount, divisor) as
    case
        when amount is not null and divisor is not null
            then
                if(amount < 0, -1, 1)
                * usd_of_units(
                    units_divided(
                        units_of_usd(abs(amount)),
                        (divisor::decimal(38, 9) * 1000000000)::hugeint
                    )
                )
    end::decimal(38, 15);

create or replace macro usd_of(amount, units_per_dollar) as divided(amount, units_per_dollar);
create or replace macro ccu_of(amount_usd, ccu_price_usd) as divided(amount_usd, ccu_price_usd);
