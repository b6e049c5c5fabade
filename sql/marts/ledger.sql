-- 1 row per request of one usage day that reached a model. Its bounds hold with 90 % probability.
select
    * exclude (calibrated_cost_usd, estimated_cost_usd, cost_variance) replace (
        greatest(
            cost_low_usd - round(doubt_usd(cost_variance, sqrt(cost_variance)), 9)::decimal(38, 15),
            least(cost_low_usd, list_cost_usd - calibrated_cost_usd - estimated_cost_usd)
        )::decimal(38, 15) as cost_low_usd,
        (cost_high_usd + round(doubt_usd(cost_variance, sqrt(cost_variance)), 9)::decimal(38, 15))
            ::decimal(38, 15) as cost_high_usd
    ),
from marts.booked
