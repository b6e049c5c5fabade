-- 1 row per budget in force: what was spent in its period up to the end of the month, the day on which
-- the amount was reached, and what keeps the figures from being the whole of the subject's.
with running as (
    select
        budget.series_id,
        cost.usage_day,
        cost.cost_usd,
        cost.unpriced_requests,
        sum(cost.cost_usd) over (
            partition by budget.series_id
            order by cost.usage_day
        ) >= budget.amount_usd as is_reached,
    from budgets.in_force as budget
    inner join budgets.costs as cost
        on
            budget.series_id = cost.series_id
            and budget.period_from <= cost.usage_day
            and cost.usage_day < budget.period_to
),

sums as (
    select
        series_id,
        sum(cost_usd) as spent_usd,
        min(usage_day) filter (is_reached) as reached_on,
        sum(unpriced_requests)::bigint as unpriced_requests,
    from running
    group by series_id
),

parts as (
    -- Of a unit's parts some may be shown and others not.
    select
        cover.series_id,
        count(distinct cover.unit_id) as units,
        count(distinct hidden.part_id) as hidden_units,
        count(distinct cover.unit_id) filter (seen.unit_id is null) as unseen_units,
    from budgets.covers as cover
    left join budgets.hidden_parts as hidden
        on hidden.kind = 'unit' and cover.unit_id = hidden.part_id
    left join visible_units as seen on cover.unit_id = seen.unit_id
    group by cover.series_id
)

select
    budget.* exclude (caller_id),
    subject.name,
    subject.caller_id,
    budget.subject_kind = 'total'
    or coalesce(
        subject.unit_id, subject.caller_id, subject.llm_model_id, subject.group_id
    ) is not null as is_known,
    coalesce(parts.hidden_units > 0, false) as has_hidden_units,
    coalesce(parts.hidden_units = parts.units, false)
    or coalesce(
        subject.group_id in (select part_id from budgets.hidden_parts where kind = 'group'), false
    ) as is_hidden,
    not getvariable('sees_everything')
    and (
        coalesce(parts.unseen_units > 0, false)
        or coalesce(subject.caller_id not in (select caller_id from visible_callers), false)
    ) as is_out_of_sight,
    coalesce(sums.spent_usd, 0) as spent_usd,
    sums.reached_on,
    coalesce(sums.unpriced_requests, 0) as unpriced_requests,
from budgets.in_force as budget
inner join budgets.subjects as subject on budget.series_id = subject.series_id
left join sums on budget.series_id = sums.series_id
left join parts on budget.series_id = parts.series_id
order by budget.series_id
