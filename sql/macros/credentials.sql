-- What must not be stored, taken out of what is.

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

-- Whether without_credentials took something out of a text, or could not look into it.
create or replace macro was_scrubbed(value) as
    coalesce(contains(value, '[removed]') or contains(value, '[unreadable]'), false);
