-- Requests of which no entry is left.
DELETE FROM admitted
WHERE NOT EXISTS (
  SELECT *
  FROM recheck
  WHERE recheck.resource = admitted.resource
)
