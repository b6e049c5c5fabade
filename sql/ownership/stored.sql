-- 1 row per principal and span of time, as resolved and stored before.
from warehouse.directory.ownership
