-- 1 row per crossing and channel that was told; one that is there already stays as it is.
insert or ignore into alerts_delivered (crossing, channel, delivered_at)
values (:crossing, :channel, :delivered_at)
