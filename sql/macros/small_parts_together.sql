-- For who may see no part of few people: all but the shown parts are one, with the id -1. What is in
-- none (NULL, 0 among the shown parts) is a part as well. The viewer's own rows stay where they are.
create or replace macro shown_unit(unit_id, caller_id) as
    case
        when
            unit_id is null
            or caller_id = getvariable('viewer_caller_id')
            or unit_id in (select part_id from shown_parts where kind = 'unit')
            then unit_id
        else -1
    end;
create or replace macro shown_group(group_id, caller_id) as
    case
        when
            caller_id is null
            or caller_id = getvariable('viewer_caller_id')
            or coalesce(group_id, 0) in (select part_id from shown_parts where kind = 'group')
            then group_id
        else -1
    end;
create or replace macro shown_team(manager_id, caller_id) as
    case
        when
            caller_id is null
            or caller_id = getvariable('viewer_caller_id')
            or coalesce(manager_id, 0) in (select part_id from shown_parts where kind = 'team')
            then manager_id
        else -1
    end;
