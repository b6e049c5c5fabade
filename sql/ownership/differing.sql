-- 1 row per principal of whom something else is resolved than is stored.
with one_sided as (
    (
        from ownership.resolved
        except
        from ownership.stored
    )
    union all
    (
        from ownership.stored
        except
        from ownership.resolved
    )
)

select distinct oid
from one_sided
