-- Entries of one namespace. Undecided ones make room first, those that were let in longest ago before others.
DELETE FROM recheck
WHERE (image, resource, policy) IN (
  SELECT image, resource, policy
  FROM recheck
  WHERE namespace = ?
  ORDER BY state DESC, last_admitted
  LIMIT ?
)
RETURNING resource
