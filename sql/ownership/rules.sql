-- 1 row per ownership rule, as known now. A lower rank comes first; between two rules is room for the
-- units that unit_names.csv gives.
select
    position * 2 + 1 as rank,
    rule as unit_rule,
    principals,
    attribute,
    value,
    coalesce(levels, getvariable('default_levels')) as levels,
    unit,
    valid_from,
    valid_to,
    source as rule_source,
from reviewed.ownership_rules
where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
