-- 1 row per row of the Parquet files of a cost snapshot, every column as text: decimals with their
-- digits, floating point numbers as the shortest text that means the same number.
select columns(*)::varchar
from read_parquet(getvariable('answer_file') || '/*.parquet', union_by_name = true)
