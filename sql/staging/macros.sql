-- How text from outside becomes values. Every macro yields NULL where the text does not fit.
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

-- An Entra object id: a GUID that is not all zeros, in lower case.
create or replace macro as_oid(value) as
    case
        when regexp_full_match(value, '(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
            and value <> '00000000-0000-0000-0000-000000000000' then lower(value)
    end;

-- No single request can carry more: the largest context window is one million tokens.
create or replace macro as_token_count(value) as
    case when value between 0 and 2000000 then value end;

-- A whole number as JSON wrote it, of any size and sign; what is possible is judged when staging.
create or replace macro as_number(value) as
    case when regexp_full_match(value, '-?[0-9]{1,30}(\.0+)?') then try_cast(value as hugeint) end;

-- A word of a short vocabulary, such as a service tier; never a sentence, name or address.
create or replace macro as_word(value) as
    case when regexp_full_match(value, '[a-z0-9_-]{1,30}') then value end;

-- The response's model without the date suffix that some rows carry.
create or replace macro as_llm_model(name) as
    nullif(regexp_replace(lower(trim(name)), '-[0-9]{8}$', ''), '');

-- Header names whose values are credentials. They must not be logged at all; where they are, the
-- value is dropped before anything is stored.
create or replace macro is_credential(name) as
    lower(name) in (
        'authorization', 'proxy-authorization', 'x-api-key', 'api-key',
        'ocp-apim-subscription-key', 'cookie', 'set-cookie'
    );

create or replace macro names_credential(j) as
    regexp_matches(
        j,
        '(?i)"(proxy-authorization|authorization|x-api-key|api-key|ocp-apim-subscription-key|cookie|set-cookie)\\*"'
    );

-- Credentials inside a text: a bearer token, or `name: value` where a header was logged as a line.
create or replace macro scrubbed(value) as
    regexp_replace(
        regexp_replace(
            value, '(?i)bearer\s+[a-z0-9._~+/=-]{16,}', 'bearer [removed]', 'g'
        ),
        '(?i)(authorization|api-key|subscription-key|cookie)\s*[:=]\s*[^\s"\\,}\]][^"\\}\]]*',
        '\1: [removed]',
        'g'
    );

create or replace macro without_credentials(j) as
    case
        when j is null then null
        -- Nearly every text names none of them, and this one look at it is all it costs.
        when not regexp_matches(j, '(?i)authorization|bearer|api-key|subscription-key|cookie')
            then j
        -- Text that is no list of headers cannot be searched header by header.
        when coalesce(json_type(unwrapped(try_cast(j as json))), '') not in ('OBJECT', 'ARRAY')
            and regexp_matches(j, '(?i)authorization|bearer|api-key|subscription-key|cookie')
            then '[unreadable]'
        when not names_credential(j) then scrubbed(j)
        else scrubbed(
            to_json(
                list_transform(
                    coalesce(header_entries(j), []),
                    lambda e: {
                        'name': e.key,
                        'value': case
                            when is_credential(e.key) or coalesce(names_credential(e.value), false)
                                then '[removed]'
                            else e.value
                        end
                    }
                )
            )::varchar
        )
    end;

-- The value of a column of a cost file; empty, or the word NULL, is none.
create or replace macro told(c, name) as nullif(nullif(trim(c[name]), ''), 'NULL');

-- The day of a charge: ISO, or the month first. Fails on anything else.
create or replace macro as_charge_date(value) as
    regexp_replace(
        regexp_replace(value, '^([0-9]+)/([0-9]+)/([0-9]{2})( .*)?$', '\1/\2/20\3'),
        '^([0-9]+)/([0-9]+)/([0-9]{4})( .*)?$', '\3-\1-\2'
    )::timestamptz::date;

-- The columns of a cost file that have no column of their own, empty ones left out.
create or replace macro rest_of(c, used) as
    to_json(
        map_from_entries(
            list_filter(
                map_entries(c),
                lambda e: coalesce(e.value, '') not in ('', 'NULL') and not list_contains(used, e.key)
            )
        )
    )::varchar;
