"""Who read and wrote the cache: an estimate per request, scaled to the platform's own totals.

The log shows of a prompt its bytes and the few tokens past the last cache mark. The platform shows
exact cache reads and writes, but per minute and deployment, of nobody. Both together nearly tell
each request's share: a prompt is the whole conversation so far, so what its predecessor left in the
cache is read, unless its time was up, and what has been added since is written.
"""
