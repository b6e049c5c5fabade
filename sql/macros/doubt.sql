-- How far a sum of calibrated costs may be off.

-- In USD, with 90 % probability, from what costs of one caller are off by themselves: the sum of their
-- variances, and of their deviations, because a person's habits are wrong in the same way each time.
-- The tenth that they share was measured on drawn tenants (make bench-attribution).
create or replace macro doubt_usd(variance, deviations) as
    1.645 * sqrt(variance + 0.01 * deviations * deviations);
