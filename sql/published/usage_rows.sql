-- LLM rows of requests that the viewer may see.
select *
from read_parquet(getvariable('usage_rows_files'))
where request_key in (select request_key from requests)
