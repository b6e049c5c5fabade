-- Single values out of text from outside. Every macro yields NULL where the text does not fit.

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

-- The key that rows of one request share: their CorrelationId, or without one the row's own id. Ids
-- of 16 bytes join and sort several times faster than their text.
create or replace macro as_key(correlation_id, item_id) as
    coalesce(try_cast(correlation_id as uuid), md5(coalesce(correlation_id, item_id))::uuid);

-- An id as text where its key alone would not say how it was written.
create or replace macro other_spelling(id) as
    case when try_cast(id as uuid)::varchar is distinct from id then id end;

-- A text without the space around it, of whatever kind; one of nothing but space is none.
create or replace macro as_text(value) as
    nullif(
        regexp_replace(
            value, '^[\t-\r\x1c-\x20\x{85}\pZ]+|[\t-\r\x1c-\x20\x{85}\pZ]+$', '', 'g'
        ),
        ''
    );
