-- 1 row per principal, span of time and last resort: the tenant's own, and the one that is always there.
select
    principal.oid,
    rule.rank,
    rule.unit,
    rule.unit_rule,
    rule.attribute,
    null as raw_value,
    rule.rule_source,
    greatest(principal.valid_from, rule.valid_from) as valid_from,
    least(principal.valid_to, rule.valid_to) as valid_to,
from ownership.principals as principal
inner join ownership.rules as rule
    on
        rule.attribute = 'always'
        and rule.principals in ('all', principal.kind)
        and principal.valid_from < rule.valid_to
        and rule.valid_from < principal.valid_to
union all
select
    oid,
    9223372036854775807 as rank,
    'Unassigned' as unit,
    'last_resort' as unit_rule,
    'last_resort' as attribute,
    null as raw_value,
    null as rule_source,
    valid_from,
    valid_to,
from ownership.principals
