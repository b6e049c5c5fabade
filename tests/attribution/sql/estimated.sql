-- 1 row per request of the tenant that the published ledger holds, with its tokens by class. What is
-- not known counts nothing.
select
    known.request_no::integer as request_no,
    coalesce(booked.input_tokens, 0) as input,
    coalesce(booked.output_tokens, 0) as output,
    coalesce(booked.cache_read_tokens, 0) as cache_read,
    coalesce(booked.cache_write_5m_tokens, 0) as cache_write_5m,
    coalesce(booked.cache_write_1h_tokens, 0) as cache_write_1h,
from (
    select
        request_no,
        md5('request' || request_no)::uuid as request_key,
    from tenant_requests
) as known
inner join ledger as booked on known.request_key = booked.request_key
order by known.request_no
