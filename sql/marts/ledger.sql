-- 1 row per request of one usage day that reached a model. Its bounds hold with 90 % probability.
select
    * exclude (calibrated_cost_usd, estimated_cost_usd, cost_variance) replace (
        least_usd(
            cost_low_usd,
            list_cost_usd - calibrated_cost_usd - estimated_cost_usd,
            own_doubt_usd(cost_variance)
        ) as cost_low_usd,
        most_usd(cost_high_usd, own_doubt_usd(cost_variance)) as cost_high_usd
    ),
from marts.booked
