-- Ownership spans of units and callers the viewer may see. What a rule read of a person is the
-- directory's, and rules may be named after people: both show only to who may see names.
select
    * replace (
        shown_unit(unit_id, caller_id) as unit_id,
        case when getvariable('sees_names') then unit_rule else attribute end as unit_rule,
        case when getvariable('sees_names') then raw_value end as raw_value,
        case when getvariable('sees_names') then rule_source end as rule_source
    ),
from read_parquet(getvariable('ownership_files'))
where
    getvariable('sees_everything')
    or unit_id in (select unit_id from visible_units)
    or caller_id in (select caller_id from visible_callers)
