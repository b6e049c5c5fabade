-- An amount of another currency in USD, exactly divided and rounded half to even at the fifteenth decimal.
-- units_per_dollar is a DECIMAL(18, 9) over 0; where either is NULL, so is the result.
create or replace macro usd_of(amount, units_per_dollar) as
    case
        when amount is not null and units_per_dollar is not null
            then
                if(amount < 0, -1, 1)
                * usd_of_units(
                    half_even(
                        units_of_usd(abs(amount)) * 1000000000,
                        (units_per_dollar::decimal(38, 9) * 1000000000)::hugeint
                    )
                )
    end::decimal(38, 15);

-- A quotient of whole numbers that are not negative, rounded half to even.
create or replace macro half_even(number, divisor) as
    divide(number, divisor)
    + case
        when 2 * (number % divisor) > divisor then 1
        when 2 * (number % divisor) = divisor then divide(number, divisor) % 2
        else 0
    end;
