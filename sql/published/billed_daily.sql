-- As invoiced_daily, and 1 row per row of allocated_daily: what is borne of shared costs, and of the bridge's
-- residual where a policy spreads it. These rows have neither usage nor a cost status, and are NULL where
-- nothing is borne; others take from the residual's rows what is spread.
select
    *,
    cast(null as decimal(38, 15)) as shared_cost_usd,
from invoiced_daily
union all by name
select
    usage_day,
    caller_id,
    unit_id,
    llm_model_id,
    client_id,
    label,
    0 as requests,
    nothing::bigint as input_tokens,
    nothing::bigint as output_tokens,
    nothing::bigint as cache_read_tokens,
    nothing::bigint as cache_write_5m_tokens,
    nothing::bigint as cache_write_1h_tokens,
    nothing as list_cost_usd,
    nothing as measured_cost_usd,
    nothing as calibrated_cost_usd,
    nothing as estimated_cost_usd,
    nothing as contracted_cost_usd,
    residual_usd as billed_cost_usd,
    nothing as cost_low_usd,
    cast(0 as decimal(38, 15)) as cost_high_usd,
    0 as cost_variance,
    0 as cost_deviation,
    shared_cost_usd,
from (
    select
        *,
        -- Beside usage whose cost is unknown, a zero would make it known.
        case when not has_use then cast(0 as decimal(38, 15)) end as nothing,
    from allocated_daily
)
union all by name
select
    line.* replace (-line.billed_cost_usd as billed_cost_usd),
from invoiced_daily as line
inner join allocations as allocation
    on
        line.label = 'residual'
        and allocation.shared_cost = 'residual'
        and line.billed_cost_usd is not null
        and allocation.first_day <= line.usage_day
        and line.usage_day < allocation.end_day
