-- 1 row per budget in force in the month, as known at known_at: of several amounts the last one counts.
-- A budget of a fiscal calendar is for the period that holds last_day_in, which is NULL where none does.
with known as (
    select *
    from memory.main.budgets
    where
        recorded_from <= getvariable('known_at')
        and getvariable('known_at') < recorded_to
        and valid_from < getvariable('until')
        and valid_to > getvariable('month_from')
        and list_contains(getvariable('subject_kinds'), subject_kind)
    qualify row_number() over (partition by subject_no, period order by valid_from desc) = 1
),

periods as (
    select *
    from fiscal_periods
    where
        recorded_from <= getvariable('known_at')
        and getvariable('known_at') < recorded_to
        and valid_from <= getvariable('last_day_in')
        and getvariable('last_day_in') < valid_to
)

select
    row_number() over (
        order by known.subject_kind, known.subject, known.period, known.subject_no
    )::integer - 1 as series_id,
    known.subject_kind,
    known.subject,
    known.caller_id,
    known.period,
    fiscal.fiscal_period,
    case known.period
        when 'month' then getvariable('month_from')
        else fiscal.valid_from
    end::date as period_from,
    case known.period
        when 'month' then getvariable('month_to')
        else fiscal.valid_to
    end::date as period_to,
    known.amount_usd,
    cast(known.thresholds as json)::decimal(38, 15)[] as thresholds,
from known
left join periods as fiscal on known.period = fiscal.calendar
