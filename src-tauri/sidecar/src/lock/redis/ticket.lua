-- KEYS: a ticket. Returns which lock it is for as JSON, or nothing.

return redis.call('GET', KEYS[1]) or ''
