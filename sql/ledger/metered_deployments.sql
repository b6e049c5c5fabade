-- 1 row per deployment that the platform counted in the window, with the model it serves: the seed's
-- word, else the metric's.
select
    metered.account,
    metered.deployment,
    coalesce(any_value(known.model), any_value(metered.metric_model)) as llm_model,
    any_value(known.sku) as sku,
from ledger.platform_minutes as metered
left join ledger.deployments as known
    on
        metered.deployment = known.deployment
        and metered.account = known.account
        and known.valid_from <= metered.minute
        and metered.minute < known.valid_to
group by metered.account, metered.deployment
