-- 0 rows: what the ledger joins where nothing is calibrated.
select
    cast(null as uuid) as request_key,
    cast(null as bigint) as row_number,
    cast(null as smallint) as deployment,
    cast(null as bigint) as input_tokens,
    cast(null as bigint) as output_tokens,
    cast(null as bigint) as told_read_tokens,
    cast(null as bigint) as told_write_5m_tokens,
    cast(null as bigint) as told_write_1h_tokens,
where false
