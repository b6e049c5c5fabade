-- The second schema: 1 row of alerts_delivered per crossing of a budget's threshold and channel that took
-- the message. Neither says whose budget or which channel it is: both are digests.
create table alerts_delivered (
    crossing text not null,
    channel text not null,
    delivered_at text not null,
    primary key (crossing, channel)
) strict;
