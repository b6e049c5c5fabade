-- 1 row per unit or group that this viewer may not see by itself, because too few people used anything
-- in it.
select distinct
    used.kind,
    used.part_id,
from active_parts as used
anti join shown_parts as shown on used.kind = shown.kind and used.part_id = shown.part_id
