-- Headers and traces as lists of entries. Every macro yields NULL where the text does not fit.
-- Log Analytics documents neither the case of header names nor the exact shape of these columns, so
-- an object, a list of name/value pairs, and either of them as a JSON string are all read.

create or replace macro flat_entries(j) as
    case json_type(j)
        when 'OBJECT' then map_entries(try_cast(j as map(varchar, varchar)))
        when 'ARRAY' then list_transform(
            list_filter(
                try_cast(j as json[]),
                lambda pair: coalesce(pair ->> 'name', pair ->> 'Name') is not null
            ),
            lambda pair: {
                'key': coalesce(pair ->> 'name', pair ->> 'Name'),
                'value': coalesce(pair ->> 'value', pair ->> 'Value')
            }
        )
    end;

create or replace macro unwrapped(j) as
    case when json_type(j) = 'VARCHAR' then try_cast(j ->> '$' as json) else j end;

create or replace macro header_entries(j) as flat_entries(unwrapped(try_cast(j as json)));

-- The value of one header; names are compared in lower case.
create or replace macro entry(entries, wanted) as
    nullif(trim(list_filter(entries, lambda e: lower(e.key) = wanted)[1].value), '');

-- TraceRecords as a list of JSON records.
create or replace macro trace_list(j) as
    case json_type(j)
        when 'ARRAY' then try_cast(j as json[])
        when 'OBJECT' then [j]
    end;

create or replace macro trace_entries(j) as
    flatten(
        list_transform(
            trace_list(unwrapped(try_cast(j as json))),
            lambda record: coalesce(flat_entries(unwrapped(unwrapped(record) -> 'metadata')), [])
        )
    );
