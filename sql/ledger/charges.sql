-- 1 row per request that reached a model: the ledger. A cost that nobody can know is NULL.
-- cost_low and cost_high bound what is not known at all; what a calibrated cost may be off by is its
-- variance. An estimate that no total was there to meet is bounded like what is not known.
with listed as (
    select
        *,
        case
            when
                coalesce(
                    input_cost_usd, output_cost_usd, read_cost_usd, write_5m_cost_usd, write_1h_cost_usd
                ) is not null
                then coalesce(input_cost_usd, 0) + coalesce(output_cost_usd, 0)
                    + coalesce(read_cost_usd, 0) + coalesce(write_5m_cost_usd, 0)
                    + coalesce(write_1h_cost_usd, 0)
        end as list_cost_usd,
        case when usage_evidence = 'calibrated' then input_cost_usd + output_cost_usd else 0 end
        + case when cache_read_evidence = 'calibrated' then coalesce(read_cost_usd, 0) else 0 end
        + case
            when cache_write_evidence = 'calibrated'
                then coalesce(write_5m_cost_usd, 0) + coalesce(write_1h_cost_usd, 0)
            else 0
        end as calibrated_cost_usd,
        case when cache_read_evidence = 'estimated' then coalesce(read_cost_usd, 0) else 0 end
        + case
            when cache_write_evidence = 'estimated'
                then coalesce(write_5m_cost_usd, 0) + coalesce(write_1h_cost_usd, 0)
            else 0
        end as estimated_cost_usd,
        coalesce(cache_read_evidence = 'estimated', false)
        or coalesce(cache_write_evidence = 'estimated', false) as is_estimated,
        own_doubt_usd(cost_variance) as doubt_usd,
    from ledger.costs
)

select
    request_key,
    usage_time,
    usage_day,
    caller_oid,
    caller_evidence,
    unit,
    llm_model,
    account,
    deployment,
    deployment_evidence,
    speed,
    client,
    input_tokens,
    output_tokens,
    cache_read_tokens,
    cache_write_5m_tokens,
    cache_write_1h_tokens,
    logged_input_tokens,
    logged_output_tokens,
    usage_evidence,
    cache_read_evidence,
    cache_write_evidence,
    price_id,
    list_cost_usd,
    calibrated_cost_usd,
    estimated_cost_usd,
    case
        when caller_oid is null then 'unattributed'
        when not has_usage then 'unmetered'
        when price_id is null then 'unpriced'
        else ''
    end as label,
    case
        when price_id is null then 'unpriced'
        when
            input_cost_usd + output_cost_usd + read_cost_usd + write_5m_cost_usd + write_1h_cost_usd
            is null then 'partial'
        else 'complete'
    end as cost_status,
    (list_cost_usd * (1 - coalesce(discount_rate, 0))::decimal(9, 8))::decimal(38, 15)
        as contracted_cost_usd,
    -- What the invoice says is known where the bill is read, not here.
    cast(null as decimal(38, 15)) as billed_cost_usd,
    case
        when is_estimated then greatest(list_cost_usd - doubt_usd, list_cost_usd - estimated_cost_usd)
        else list_cost_usd
    end::decimal(38, 15) as cost_low_usd,
    -- What a response at most wrote is not bounded by anything the log shows.
    case
        when output_cost_high_usd is not null
            then (
                coalesce(input_cost_high_usd, 0) + output_cost_high_usd + unseen_cost_high_usd
                + cache_cost_high_usd + if(is_estimated, doubt_usd, 0)
            )::decimal(38, 15)
    end as cost_high_usd,
    stored_variance(if(is_estimated, 0, cost_variance)) as cost_variance,
from listed
