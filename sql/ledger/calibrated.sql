-- 1 row per request that a calibrated stretch holds: what it gets of the platform's totals, and the
-- variances and covariances of that, in squared tokens. input_tokens and output_tokens are those of
-- requests without usage alone.
select
    call.request_key,
    found.deployment as deployment_id,
    make_timestamp(found.stretch_us) as stretch_at,
    case found.evidence when 2 then 'calibrated' when 1 then 'estimated' end as evidence,
    if(found.evidence > 0, found.cache_read_tokens, null) as cache_read_tokens,
    if(found.evidence > 0, found.cache_write_5m_tokens, null) as cache_write_5m_tokens,
    if(found.evidence > 0, found.cache_write_1h_tokens, null) as cache_write_1h_tokens,
    nullif(found.input_tokens, -1) as input_tokens,
    nullif(found.output_tokens, -1) as output_tokens,
    nullif(found.most_input_tokens, -1) as most_input_tokens,
    nullif(found.most_output_tokens, -1) as most_output_tokens,
    found.read_variance,
    found.write_5m_variance,
    found.write_1h_variance,
    found.read_write_5m_covariance,
    found.read_write_1h_covariance,
    found.writes_covariance,
from calibrated_rows as found
inner join ledger.traffic as call using (row_number)
