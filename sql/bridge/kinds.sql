-- 1 row per line of the bridge: its place in the walk, and what kind of line it is. Amounts of the kinds
-- list, discount, legacy, cause and residual add up to the total.
select *
from (
    values
    (1, 'measured', 'list'),
    (2, 'calibrated', 'list'),
    (3, 'estimated', 'list'),
    (4, 'outside_gateway', 'list'),
    (5, 'pool', 'list'),
    (6, 'discount', 'discount'),
    (7, 'legacy_meters', 'legacy'),
    (8, 'expected', 'subtotal'),
    (9, 'late_data', 'cause'),
    (10, 'correction', 'cause'),
    (11, 'refund', 'cause'),
    (12, 'credit', 'cause'),
    (13, 'adjustment', 'cause'),
    (14, 'rounding_adjustment', 'cause'),
    (15, 'discount_mismatch', 'cause'),
    (16, 'unknown_tokens', 'bound'),
    (17, 'outside_gateway', 'bound'),
    (18, 'pool', 'bound'),
    (19, 'aborted_streams', 'bound'),
    (20, 'unbilled_refusals', 'bound'),
    (21, 'unknown_price', 'bound'),
    (22, 'hourly_rounding', 'bound'),
    (23, 'residual', 'residual'),
    (24, 'billed', 'total'),
    (25, 'legacy_billed', 'memo'),
    (26, 'other_claude', 'memo'),
    (27, 'tax', 'memo')
) as lines (place, line, kind)
