-- For who may see parts of any size: a unit, a group and a team are shown as they are.
create or replace macro shown_unit(unit_id, caller_id) as unit_id;
create or replace macro shown_group(group_id, caller_id) as group_id;
create or replace macro shown_team(manager_id, caller_id) as manager_id;
