-- 1 row per request, with the columns, types and indexes that litellm 1.106 documents for its
-- table of spend, and no prompts in it.
create table "LiteLLM_SpendLogs" (
    request_id text primary key,
    call_type text not null,
    api_key text not null default '',
    spend double precision not null default 0,
    total_tokens integer not null default 0,
    prompt_tokens integer not null default 0,
    completion_tokens integer not null default 0,
    "startTime" timestamp(3) not null,
    "endTime" timestamp(3) not null,
    request_duration_ms integer,
    "completionStartTime" timestamp(3),
    model text not null default '',
    model_id text default '',
    model_group text default '',
    custom_llm_provider text default '',
    api_base text default '',
    "user" text default '',
    metadata jsonb default '{}',
    cache_hit text default '',
    cache_key text default '',
    request_tags jsonb default '[]',
    team_id text,
    organization_id text,
    end_user text,
    requester_ip_address text,
    messages jsonb default '{}',
    response jsonb default '{}',
    session_id text,
    status text,
    mcp_namespaced_tool_name text,
    agent_id text,
    proxy_server_request jsonb default '{}'
);
create index on "LiteLLM_SpendLogs" ("startTime");
create index on "LiteLLM_SpendLogs" ("startTime", request_id);
create index on "LiteLLM_SpendLogs" (end_user);
create index on "LiteLLM_SpendLogs" (session_id);
