-- As invoiced_daily, and 1 row per row of daily that bears shared costs: what it bears of them, and of the
-- bridge's residual where a policy spreads it. These rows have no usage; they are NULL where nothing is
-- borne, and the residual's own rows are reduced by what is spread.
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
    deployment_id,
    client_id,
    label,
    cost_status,
    0 as requests,
    0 as input_tokens,
    0 as output_tokens,
    0 as cache_read_tokens,
    0 as cache_write_5m_tokens,
    0 as cache_write_1h_tokens,
    cast(0 as decimal(38, 15)) as list_cost_usd,
    cast(0 as decimal(38, 15)) as measured_cost_usd,
    cast(0 as decimal(38, 15)) as calibrated_cost_usd,
    cast(0 as decimal(38, 15)) as estimated_cost_usd,
    cast(0 as decimal(38, 15)) as contracted_cost_usd,
    residual_usd as billed_cost_usd,
    cast(0 as decimal(38, 15)) as cost_low_usd,
    cast(0 as decimal(38, 15)) as cost_high_usd,
    0 as cost_variance,
    0 as cost_deviation,
    shared_cost_usd,
from allocated_daily
