-- 1 row per principal, span of time and rule that gives a unit by itself: a correction, a text of the
-- directory, a group, the principal, whom it reports to.
with named as (
    select
        rule.*,
        link.target_oid as oid,
        link.valid_from as held_from,
        link.valid_to as held_to,
    from ownership.rules as rule
    inner join ownership.links as link on link.kind = 'member' and lower(rule.value) = link.source_oid
    where rule.attribute = 'group'
    union all
    select
        rule.*,
        lower(rule.value) as oid,
        rule.valid_from as held_from,
        rule.valid_to as held_to,
    from ownership.rules as rule
    where rule.attribute = 'oid'
    union all
    select
        rule.*,
        below.oid,
        below.valid_from as held_from,
        below.valid_to as held_to,
    from ownership.rules as rule
    inner join ownership.below as below on rule.rank = below.rank
    where
        rule.attribute = 'reports_to'
        -- A position may have had another rule at another time.
        and rule.valid_from <= below.valid_from
        and below.valid_to <= rule.valid_to
)

select
    oid,
    -1 as rank,
    unit,
    'correction' as unit_rule,
    'correction' as attribute,
    null as raw_value,
    rule_source,
    valid_from,
    valid_to,
from ownership.corrections
union all
select
    oid,
    rank,
    coalesce(unit, raw_value) as unit,
    unit_rule,
    attribute,
    raw_value,
    rule_source,
    valid_from,
    valid_to,
from ownership.texts
union all
select
    found.oid,
    found.rank - 1 as rank,
    name.unit,
    found.unit_rule,
    found.attribute,
    found.raw_value,
    found.rule_source,
    greatest(found.valid_from, name.valid_from) as valid_from,
    least(found.valid_to, name.valid_to) as valid_to,
from ownership.texts as found
inner join ownership.names as name
    on
        found.attribute = name.attribute
        and found.raw_value = name.value
        and found.valid_from < name.valid_to
        and name.valid_from < found.valid_to
where found.unit is null
union all
select
    named.oid,
    named.rank,
    named.unit,
    named.unit_rule,
    named.attribute,
    if(named.attribute = 'group', named.value, null) as raw_value,
    named.rule_source,
    greatest(named.valid_from, named.held_from, principal.valid_from) as valid_from,
    least(named.valid_to, named.held_to, principal.valid_to) as valid_to,
from named
inner join ownership.principals as principal
    on
        named.oid = principal.oid
        and named.principals in ('all', principal.kind)
        and greatest(named.valid_from, named.held_from, principal.valid_from)
        < least(named.valid_to, named.held_to, principal.valid_to)
