-- 1 row per day, resource group, model and reason why a cost may be off: list cost by how it is known,
-- after discounts, and with its bounds.
select
    usage_day,
    resource_group,
    llm_model as model,
    is_legacy,
    case
        when label in ('outside_gateway', 'pool') then label
        when list_cost_usd = cost_low_usd and list_cost_usd = cost_high_usd then 'none'
        when label = 'unmetered' then 'aborted_streams'
        when list_cost_usd is not null then 'unknown_tokens'
        when input_tokens is null and output_tokens is null then 'aborted_streams'
        else 'unknown_price'
    end as doubt,
    sum(requests)::bigint as requests,
    sum(list_cost_usd) as list_usd,
    sum(measured_cost_usd) as measured_usd,
    sum(calibrated_cost_usd) as calibrated_usd,
    sum(estimated_cost_usd) as estimated_usd,
    sum(contracted_cost_usd) as contracted_usd,
    sum(cost_low_usd) as low_usd,
    -- One row without an upper bound leaves the sum without one.
    case when count(cost_high_usd) = count(*) then sum(cost_high_usd) end as high_usd,
from metered_daily
group by all
