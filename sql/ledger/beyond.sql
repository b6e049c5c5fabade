-- 1 row per cell of the days asked for and label for what the platform counted in it beyond the log:
-- requests that did not pass the gateway, and cache tokens that no request of the cell can own.
with labelled as (
    select
        usage_day,
        'outside_gateway' as label,
        account,
        deployment,
        first_minute,
        outside_requests as requests,
        outside_input_tokens as input_tokens,
        outside_output_tokens as output_tokens,
        outside_read_tokens as cache_read_tokens,
        outside_write_5m_tokens as cache_write_5m_tokens,
        outside_write_1h_tokens as cache_write_1h_tokens,
        outside_deviation_tokens,
    from ledger.cells
    union all by name
    select
        usage_day,
        'pool' as label,
        account,
        deployment,
        first_minute,
        0 as requests,
        0 as input_tokens,
        0 as output_tokens,
        pool_read_tokens as cache_read_tokens,
        pool_write_5m_tokens as cache_write_5m_tokens,
        pool_write_1h_tokens as cache_write_1h_tokens,
        0 as outside_deviation_tokens,
    from ledger.cells
)

select
    labelled.*,
    metered.llm_model,
    input_tokens * price.input_usd
    + output_tokens * price.output_usd
    + cache_read_tokens * price.cache_read_usd
    + cache_write_5m_tokens * price.cache_write_5m_usd
    + cache_write_1h_tokens * price.cache_write_1h_usd as list_cost_usd,
    discount.discount_rate,
    stored_variance(cost_variance_of(price.cache_write_5m_usd, outside_deviation_tokens ^ 2))
        as cost_variance,
from labelled
left join ledger.metered_deployments as metered using (account, deployment)
-- Nothing says how long the prompts were or whether they asked for speed: the plain rate.
left join ledger.prices as price
    on
        metered.llm_model = price.model
        and price.speed = 'standard'
        and price.zone = if(metered.sku = 'DataZoneStandard', 'us_data_zone', 'global')
        and price.prompt_over_tokens < 0
        and price.valid_from <= labelled.first_minute
        and labelled.first_minute < price.valid_to
left join ledger.discounts as discount
    on
        metered.llm_model = discount.model
        and discount.valid_from <= labelled.first_minute
        and labelled.first_minute < discount.valid_to
where
    requests + input_tokens + output_tokens
    + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens > 0
