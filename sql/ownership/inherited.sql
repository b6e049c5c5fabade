-- 1 row per principal, span of time and rule that takes over somebody else's unit: the nearest
-- manager's that the other rules decide, or the owner's. A circle of managers ends at the last level.
with recursive chain as (
    select
        rule.rank,
        rule.levels,
        link.source_oid as oid,
        link.target_oid as holder,
        1 as level,
        greatest(rule.valid_from, link.valid_from) as valid_from,
        least(rule.valid_to, link.valid_to) as valid_to,
    from ownership.rules as rule
    inner join ownership.links as link
        on
            rule.attribute = 'manager'
            and link.kind = 'manager'
            and rule.valid_from < link.valid_to
            and link.valid_from < rule.valid_to
    union
    select
        lower_one.rank,
        lower_one.levels,
        lower_one.oid,
        link.target_oid as holder,
        lower_one.level + 1 as level,
        greatest(lower_one.valid_from, gap.valid_from, link.valid_from) as valid_from,
        least(lower_one.valid_to, gap.valid_to, link.valid_to) as valid_to,
    from chain as lower_one
    inner join ownership.undecided as gap on lower_one.holder = gap.oid
    inner join ownership.links as link
        on
            lower_one.holder = link.source_oid
            and link.kind = 'manager'
            and greatest(lower_one.valid_from, gap.valid_from, link.valid_from)
            < least(lower_one.valid_to, gap.valid_to, link.valid_to)
    where lower_one.level < lower_one.levels
),

holders as (
    select
        rank,
        oid,
        holder,
        valid_from,
        valid_to,
    from chain
    union all
    select
        rule.rank,
        owner.oid,
        owner.owner_oid as holder,
        greatest(rule.valid_from, owner.valid_from) as valid_from,
        least(rule.valid_to, owner.valid_to) as valid_to,
    from ownership.rules as rule
    inner join ownership.owners as owner
        on
            rule.attribute = 'owner'
            and rule.valid_from < owner.valid_to
            and owner.valid_from < rule.valid_to
)

select
    holders.oid,
    holders.rank,
    decided.unit,
    rule.unit_rule,
    rule.attribute,
    null as raw_value,
    rule.rule_source,
    greatest(holders.valid_from, decided.valid_from, principal.valid_from) as valid_from,
    least(holders.valid_to, decided.valid_to, principal.valid_to) as valid_to,
from holders
inner join ownership.rules as rule
    on
        holders.rank = rule.rank
        and rule.valid_from <= holders.valid_from
        and holders.valid_to <= rule.valid_to
inner join ownership.decided as decided on holders.holder = decided.oid
inner join ownership.principals as principal
    on
        holders.oid = principal.oid
        and rule.principals in ('all', principal.kind)
        and greatest(holders.valid_from, decided.valid_from, principal.valid_from)
        < least(holders.valid_to, decided.valid_to, principal.valid_to)
