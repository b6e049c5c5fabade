-- 1 row per row of the CSV files of a cost snapshot, every column as text.
select *
from read_csv(
    getvariable('answer_file') || '/*.csv',
    auto_detect = false,
    header = true,
    columns = getvariable('cost_columns'),
    delim = ',',
    quote = '"',
    escape = '"',
    strict_mode = true,
    null_padding = false,
    max_line_size = 16777216
)
