-- Too old ones, and the oldest of too many; with what room each gives back.
DELETE FROM decision
WHERE at < :oldest OR id IN (
  SELECT id
  FROM decision
  ORDER BY at DESC, id
  LIMIT -1 OFFSET :most
)
RETURNING length(record)
