-- Too old ones, the oldest of too many, and the oldest of what takes too much room.
DELETE FROM decision
WHERE at < :oldest OR id IN (
  SELECT id
  FROM decision
  ORDER BY at DESC, id
  LIMIT -1 OFFSET :most
) OR id IN (
  SELECT id
  FROM (
    SELECT id, sum(length(record)) OVER (ORDER BY at DESC, id) AS bytes
    FROM decision
  )
  WHERE bytes > :bytes
)
