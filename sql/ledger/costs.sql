-- 1 row per request that reached a model, with the cost of each token class at list prices. Together
-- with `ledger.beyond` the only statement that multiplies money.
select
    *,
    input_tokens * input_usd as input_cost_usd,
    output_tokens * output_usd as output_cost_usd,
    cache_read_tokens * cache_read_usd as read_cost_usd,
    cache_write_5m_tokens * cache_write_5m_usd as write_5m_cost_usd,
    cache_write_1h_tokens * cache_write_1h_usd as write_1h_cost_usd,
    input_tokens * high_uncached_usd as input_cost_high_usd,
    output_tokens * high_output_usd as output_cost_high_usd,
    unseen_prompt_tokens * high_input_usd as unseen_cost_high_usd,
    coalesce(cache_read_tokens * high_read_usd, 0)
    + coalesce(cache_write_5m_tokens * high_write_5m_usd, 0)
    + coalesce(cache_write_1h_tokens * high_write_1h_usd, 0) as cache_cost_high_usd,
    -- What the classes are off by moves together: what was not read was written.
    greatest(
        cost_variance_of(cache_read_usd, read_variance)
        + cost_variance_of(cache_write_5m_usd, write_5m_variance)
        + cost_variance_of(cache_write_1h_usd, write_1h_variance)
        + cost_covariance_of(cache_read_usd, cache_write_5m_usd, read_write_5m_covariance)
        + cost_covariance_of(cache_read_usd, cache_write_1h_usd, read_write_1h_covariance)
        + cost_covariance_of(cache_write_5m_usd, cache_write_1h_usd, writes_covariance)
        -- What its cell has left is a request's without usage, or somebody else's in the cell.
        + coalesce(cost_variance_of(input_usd, input_tokens * (most_input_tokens - input_tokens)), 0)
        + coalesce(
            cost_variance_of(output_usd, output_tokens * (most_output_tokens - output_tokens)), 0
        ),
        0
    ) as cost_variance,
from ledger.rated
