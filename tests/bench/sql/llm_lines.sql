-- 1 row per LLM row: one with the counts, and of long messages a second piece that counts nothing.
create or replace temp table llm_lines as
select
    *,
    0 as piece,
from calls
where has_usage
union all
select
    * replace (0 as input_tokens, 0 as output_tokens),
    1 as piece,
from calls
where has_usage and has_second_piece
