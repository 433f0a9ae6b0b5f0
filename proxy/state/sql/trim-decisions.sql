-- Too old ones, and the oldest of too many.
DELETE FROM decision
WHERE at < :oldest OR id IN (
  SELECT id
  FROM decision
  ORDER BY at DESC, id
  LIMIT -1 OFFSET :most
)
