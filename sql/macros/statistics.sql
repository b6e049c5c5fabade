-- Deviations and shares. They say how sure a sum of money is and are no money themselves, so only here
-- may a number be a float; what comes out as money is rounded to 1e-9 USD.

-- In USD, with 90 % probability, what costs of one caller are off by together: from the sum of their
-- variances, and of their deviations, because a person's habits are misjudged alike each time. The
-- seventh that deviations share was measured on drawn tenants (make bench-attribution).
create or replace macro doubt_usd(variance, deviations) as
    1.645 * sqrt(variance::double + 0.02 * deviations::double ^ 2);

-- The deviation that a variance means. Both are decimals where they are stored, so that sums of them
-- do not depend on their order.
create or replace macro deviation_of(variance) as sqrt(variance::double)::decimal(38, 15);
create or replace macro stored_variance(variance) as coalesce(variance, 0)::decimal(38, 18);

-- What one cost is off by.
create or replace macro own_doubt_usd(variance) as
    round(doubt_usd(variance, deviation_of(variance)), 9)::decimal(38, 15);

-- What a cost is at least: what was measured of it, else so much below.
create or replace macro least_usd(cost_usd, measured_usd, doubt) as
    greatest(
        cost_usd - round(doubt, 9)::decimal(38, 15), least(cost_usd, measured_usd)
    )::decimal(38, 15);

-- What a cost is at most.
create or replace macro most_usd(cost_usd, doubt) as
    (cost_usd + round(doubt, 9)::decimal(38, 15))::decimal(38, 15);

-- How much of a whole that is above zero a part is.
create or replace macro share_of(part, whole) as
    case when whole > 0 then (part / whole)::decimal(7, 6) end;

-- What a cost is for each of some people, to 1e-9 USD: whole numbers, divided and rounded half up.
create or replace macro per_head_usd(cost_usd, heads) as
    case
        when heads > 0
            then (
                ((cost_usd * 1000000000)::hugeint * 2 + heads::hugeint) // (heads::hugeint * 2)
            )::decimal(38, 0) * 0.000000001::decimal(10, 9)
    end::decimal(38, 15);

-- The variance of tokens as that of their cost, and the covariance of two classes' tokens.
create or replace macro cost_variance_of(rate_usd, variance) as rate_usd::double ^ 2 * variance;
create or replace macro cost_covariance_of(one_usd, other_usd, covariance) as
    2 * one_usd::double * other_usd::double * covariance;
