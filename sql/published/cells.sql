-- Rows of cells of the days whose files were asked for: what only operators see, because a cell shows
-- everybody's tokens.
select *
from read_parquet(getvariable('cells_files'))
where getvariable('sees_everything')
