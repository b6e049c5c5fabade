-- 1 row per row of the answer that is being landed: its values as text, in the projection's order.
select r as answer_row
from read_json(
    getvariable('answer_file'),
    format = 'newline_delimited',
    records = false,
    columns = {'r': 'varchar[]'},
    maximum_object_size = 16777216
)
