-- LLM rows of requests that the viewer may see.
select
    * exclude (item_key, other_item_id),
    coalesce(other_item_id, item_key::varchar) as item_id,
from read_parquet(getvariable('usage_rows_files'))
where request_key in (select request_key from requests)
