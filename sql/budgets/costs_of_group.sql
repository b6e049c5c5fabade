-- 1 row per series of a group and usage day with usage, of everybody who was in it that day: what it
-- cost, and how many requests have no price. Groups overlap.
with members as (
    select
        member_id,
        unnest(group_ids) as group_id,
        first_day,
        end_day,
    from roll_up.group_stretches
)

select
    subject.series_id,
    used.usage_day,
    sum(used.cost_usd) as cost_usd,
    sum(used.unpriced_requests)::bigint as unpriced_requests,
from budgets.used as used
inner join members as member
    on
        used.caller_id = member.member_id
        and member.first_day <= used.usage_day
        and used.usage_day < member.end_day
inner join budgets.subjects as subject on member.group_id = subject.group_id
group by subject.series_id, used.usage_day
