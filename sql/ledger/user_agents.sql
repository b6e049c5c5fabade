-- 1 row per User-Agent of the window, with what it says of the program that called.
with agents as (
    select distinct user_agent
    from ledger.gateway_calls
    where user_agent is not null
),

read as (
    select
        user_agent,
        regexp_extract(user_agent, '\bClaude/([0-9]{1,6})\.([0-9]{1,9})', ['major', 'minor'])
            as desktop,
        regexp_extract(user_agent, '\bclaude-cli/([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})', 1)
            as code_version,
        regexp_extract(user_agent, '\bClaude/([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})', 1)
            as desktop_version,
    from agents
)

select
    user_agent,
    case
        when contains(user_agent, 'claude-cli') then 'Claude Code'
        when contains(user_agent, 'Claude/') and contains(user_agent, 'Electron') then 'Claude Desktop'
        when contains(user_agent, 'Bun/') then 'Claude Desktop'
        else 'Other'
    end as client,
    case
        when contains(user_agent, 'claude-cli') then nullif(code_version, '')
        when contains(user_agent, 'Claude/') and contains(user_agent, 'Electron')
            then nullif(desktop_version, '')
    end as client_version,
    -- Below 1.5, number by number: Claude Desktop signs in to a gateway from there on.
    coalesce(
        (try_cast(desktop.major as bigint), try_cast(desktop.minor as bigint)) < (1, 5)
        and desktop.major <> '',
        false
    ) as is_outdated_desktop,
    regexp_matches(
        user_agent, '(?i)\b(litellm|portkey|openrouter|helicone|bifrost|kong|envoy|nginx|apisix)\b'
    ) as names_proxy,
from read
