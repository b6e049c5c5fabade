-- 1 row: requests of the log by what the platform's own counts say of their minutes; none without any
-- calibrated day.
select
    sum(logged_requests)::bigint as requests,
    sum(logged_requests) filter (where platform_requests > 0 or platform_input_tokens > 0)::bigint
        as counted_requests,
    sum(logged_requests) filter (
        where logged_requests = 1 and platform_requests = 1 and minutes = 1 and not is_short
    )::bigint as alone_requests,
    sum(logged_requests) filter (where is_short)::bigint as short_requests,
    sum(pool_read_tokens + pool_write_5m_tokens + pool_write_1h_tokens)::bigint as pool_tokens,
from cells
having sum(logged_requests) > 0
