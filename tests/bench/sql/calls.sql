-- 1 row per request of a stretch of numbers: everything about it follows from its number.
create or replace temp table calls as
with drawn as (
    select
        n,
        hash(n) as dice,
        (hash(n, 1) % 1000003) / 1000003.0 as caller_draw,
        (hash(n, 2) % 1000003) / 1000003.0 as input_draw,
        (hash(n, 3) % 1000003) / 1000003.0 as output_draw,
        hash(n, 4) % 1000 as outcome,
        $starts_at::timestamp
        + to_microseconds((n::hugeint * $microseconds // $requests)::bigint) as moment,
    from range($first, $last) as numbers(n)
),

peopled as (
    select
        *,
        -- A tenth of the callers makes four tenths of the requests.
        floor($callers * pow(caller_draw, 2.5))::integer as caller,
        $models[1 + (dice % len($models))::integer] as newest_model,
    from drawn
)

select
    n,
    moment,
    $load_id as load_id,
    caller,
    md5('request' || n)::uuid::varchar as correlation_id,
    md5('caller' || caller)::uuid::varchar as oid,
    md5('session' || caller || '/' || moment::date || '/' || dice % 3)::uuid::varchar as session_id,
    -- A model that was not yet for sale is its predecessor.
    case
        when newest_model = 'claude-haiku-5-5' and moment < timestamp '2026-10-07'
            then 'claude-haiku-4-5'
        when newest_model = 'claude-opus-4-6' and moment < timestamp '2026-02-05'
            then 'claude-opus-4-5'
        else newest_model
    end as model,
    case
        when caller % 4 = 0
            then 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)'
                || ' Claude/1.' || 5 + caller % 9 || '.0 Chrome/140.0 Electron/38.1 Safari/537.36'
        else 'claude-cli/2.1.' || 241 + caller % 12 || ' (external, cli)'
    end as user_agent,
    case when outcome < 8 then 429 when outcome < 10 then 403 else 200 end as response_code,
    outcome >= 13 as has_usage,
    outcome % 5 < 2 as has_second_piece,
    3 + floor(exp(12.2 * pow(input_draw, 1.7)))::bigint as input_tokens,
    1 + floor(exp(9 * output_draw))::bigint as output_tokens,
    2000 + (hash(n, 5) % 800000)::bigint as cached_bytes,
    900 + (dice // 7 % 60000)::bigint as total_time_ms,
from peopled
