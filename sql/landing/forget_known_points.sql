-- Points whose value is the one known leave the batch; a corrected one is new.
delete from landed_rows
using known_rows as known
where landed_rows.item_id = known.item_id and landed_rows.value = known.value
