-- Values out of the columns of cost files, all of them read as text.

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
