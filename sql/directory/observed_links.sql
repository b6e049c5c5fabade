-- 1 row per link of a sync, and one without a target for each source: all of its links were read.
select distinct
    kind,
    source_oid,
    target_oid,
    is_new,
from read_json(
    getvariable('links_file'),
    format = 'newline_delimited',
    columns = {
        'kind': 'varchar',
        'source_oid': 'varchar',
        'target_oid': 'varchar',
        'is_new': 'boolean'
    }
)
