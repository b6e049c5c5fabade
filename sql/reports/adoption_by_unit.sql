-- 1 row per unit, or 1 row in all: the people in it at the month's end, and how they use Claude. What
-- depends on assignments is NULL where none was ever read.
select
    case when getvariable('by_unit') then unit end as unit,
    sum(is_entitled::integer)::integer as entitled,
    count_if(is_active)::integer as active,
    share_of(sum((is_entitled and is_active)::integer), sum(is_entitled::integer)) as active_share,
    sum(is_never_used::integer)::integer as never_used,
    sum(is_dormant::integer)::integer as dormant,
    sum(is_active_without_assignment::integer)::integer as active_without_assignment,
    count(left_at)::integer as after_leaving,
    sum(requests)::bigint as requests,
    case when sum(requests) = 0 then 0::decimal(38, 15) else sum(list_cost_usd) end as list_cost_usd,
    per_head_usd(sum(list_cost_usd), count_if(is_active)) as cost_per_active_usd,
from adoption.people
where is_person
group by 1
order by list_cost_usd desc nulls last, active desc, 1
