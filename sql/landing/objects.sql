-- 1 row per object of the lines that are being landed: when it arrived, and its values as JSON.
select
    seen_at,
    object,
from read_json(
    getvariable('answer_file'),
    format = 'newline_delimited',
    records = true,
    columns = {'seen_at': 'varchar', 'object': 'json'},
    maximum_object_size = 67108864
)
