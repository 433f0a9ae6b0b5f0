-- By the whole key of what admission let in, which an index finds.
DELETE FROM recheck
WHERE resource = ? AND resource <> ''
