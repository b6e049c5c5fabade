-- fail: the ledger's tokens are not those of the log. Raw is summed in another way than the ledger
-- is built: every plausible count of a row with tokens, once per response.
with booked as (
    select distinct usage_key as correlation
    from ledger.attributed
    where
        reached_model
        and usage_key is not null
        and usage_day between getvariable('first_day') and getvariable('last_day')
),

near as (
    select *
    from warehouse.raw.llm_log
    where
        time_generated >= getvariable('first_day') - 1
        and time_generated < getvariable('last_day') + 2
    union all
    select *
    from warehouse.raw.llm_log
    where
        time_generated is null
        and ingested_at >= getvariable('first_day') - 1
        and ingested_at < getvariable('last_day') + 2
    union all
    select *
    from warehouse.raw.llm_log
    where
        coalesce(time_generated, ingested_at)::date
        not between getvariable('first_day') - 1 and getvariable('last_day') + 1
        and correlation_id in (
            select correlation_id
            from warehouse.raw.gateway_log
            where time_generated is null
        )
),

rows_once as (
    select
        as_key(nullif(trim(correlation_id), ''), item_id) as correlation,
        nullif(trim(request_id), '') as response,
        prompt_tokens,
        completion_tokens
    from near
    qualify row_number() over (partition by item_id order by ingested_at, load_id) = 1
),

responses as (
    select
        correlation,
        coalesce(response, min(response) over (partition by correlation)) as response,
        prompt_tokens,
        completion_tokens
    from rows_once
    where correlation in (select correlation from booked)
),

log_side as (
    select
        coalesce(sum(input_tokens), 0) as input_tokens,
        coalesce(sum(output_tokens), 0) as output_tokens
    from (
        select
            max(prompt_tokens) filter (where prompt_tokens between 0 and 2000000) as input_tokens,
            max(completion_tokens) filter (where completion_tokens between 0 and 2000000)
                as output_tokens
        from responses
        group by correlation, response
    )
),

ledger_side as (
    select
        -- What another source told, or the platform's totals, is not the log's.
        coalesce(sum(input_tokens) filter (where logged_input_tokens is not null), 0)
            as input_tokens,
        coalesce(sum(output_tokens) filter (where logged_output_tokens is not null), 0)
            as output_tokens
    from ledger.charges
)

select
    'tokens' as subject,
    format(
        'the log has {} input and {} output tokens, the ledger {} and {}',
        log_side.input_tokens, log_side.output_tokens,
        ledger_side.input_tokens, ledger_side.output_tokens
    ) as finding,
from log_side
cross join ledger_side
where
    log_side.input_tokens <> ledger_side.input_tokens
    or log_side.output_tokens <> ledger_side.output_tokens
