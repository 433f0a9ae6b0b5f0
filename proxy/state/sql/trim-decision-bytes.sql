-- The oldest of what takes too much room. It goes through all records, which takes a while.
DELETE FROM decision
WHERE id IN (
  SELECT id
  FROM (
    SELECT id, sum(length(record)) OVER (ORDER BY at DESC, id) AS bytes
    FROM decision
  )
  WHERE bytes > ?
)
RETURNING length(record)
