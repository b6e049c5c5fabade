-- fail: a column that holds money is not DECIMAL(38,15); one division would have made it a float.
select
    schema_name || '.' || table_name || '.' || column_name as subject,
    'holds money as ' || data_type as finding,
from duckdb_columns()
where
    database_name in ('memory', 'warehouse')
    and (column_name ilike '%\_usd' escape '\' or column_name ilike '%\_usd\_%' escape '\')
    and data_type <> 'DECIMAL(38,15)'
