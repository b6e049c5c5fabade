-- 1 row per uninterrupted stretch of time that a source was asked for and answered: [start, end).
-- A load vouches for its window only up to its look-back before it was landed (look_back may be an
-- interval of 0): later rows may have surfaced since.
with asked as (
    select
        window_start,
        least(window_end, landed_at - getvariable('look_back')) as window_end,
    from warehouse.run.loads
    where
        source = getvariable('source')
        and origin = getvariable('origin')
        and window_start is not null
),

reached as (
    select
        *,
        max(window_end) over (
            order by window_start, window_end rows between unbounded preceding and 1 preceding
        ) as reached_before,
    from asked
    where window_start < window_end
),

stretches as (
    select
        *,
        count(*) filter (where reached_before is null or reached_before < window_start) over (
            order by window_start, window_end
        ) as stretch,
    from reached
)

select
    min(window_start) as window_start,
    max(window_end) as window_end,
from stretches
group by stretch
order by window_start
