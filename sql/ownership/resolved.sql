-- 1 row per principal and span of time: the unit that the first rule which holds gives. What follows
-- upon itself is one span.
with moments as (
    select oid, valid_from as moment
    from ownership.candidates
    union
    select oid, valid_to as moment
    from ownership.candidates
),

pieces as (
    select
        oid,
        moment as valid_from,
        lead(moment) over (partition by oid order by moment) as valid_to,
    from moments
    qualify valid_to is not null
),

chosen as (
    select
        piece.oid,
        piece.valid_from,
        piece.valid_to,
        arg_min(
            {
                'unit': candidate.unit,
                'unit_rule': candidate.unit_rule,
                'attribute': candidate.attribute,
                'raw_value': candidate.raw_value,
                'rule_source': candidate.rule_source
            },
            candidate.rank
        ) as said,
    from pieces as piece
    inner join ownership.candidates as candidate
        on
            piece.oid = candidate.oid
            and candidate.valid_from <= piece.valid_from
            and piece.valid_to <= candidate.valid_to
    group by all
),

marked as (
    select
        *,
        coalesce(
            lag(valid_to) over by_time = valid_from and lag(said) over by_time = said,
            false
        ) as continues,
    from chosen
    window by_time as (partition by oid order by valid_from)
),

numbered as (
    select
        *,
        count_if(not continues) over (partition by oid order by valid_from) as span,
    from marked
)

select
    oid,
    any_value(said).unit as unit,
    any_value(said).unit_rule as unit_rule,
    any_value(said).attribute as attribute,
    any_value(said).raw_value as raw_value,
    any_value(said).rule_source as rule_source,
    min(valid_from) as valid_from,
    max(valid_to) as valid_to,
from numbered
group by oid, span
