-- fail: two prices are in force for the same request; the bill would double.
select
    earlier.price_id as subject,
    'is in force together with ' || later.price_id as finding,
from ledger.prices as earlier
inner join ledger.prices as later
    on
        earlier.model = later.model
        and earlier.speed = later.speed
        and earlier.zone = later.zone
        -- By row, because a row that came in twice has its id twice.
        and earlier.rowid < later.rowid
        and earlier.valid_from < later.valid_to
        and later.valid_from < earlier.valid_to
        and earlier.prompt_over_tokens < later.prompt_up_to_tokens
        and later.prompt_over_tokens < earlier.prompt_up_to_tokens
