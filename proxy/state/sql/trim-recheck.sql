-- One entry, of the namespace that has the most: so a namespace that fills the list pushes no other out. Undecided ones
-- make room first, those that were let in longest ago before others.
DELETE FROM recheck
WHERE (image, resource, policy) IN (
  SELECT image, resource, policy
  FROM recheck
  WHERE namespace = (
    SELECT namespace
    FROM recheck
    GROUP BY namespace
    ORDER BY count(*) DESC, min(last_admitted)
    LIMIT 1
  )
  ORDER BY state DESC, last_admitted
  LIMIT 1
)
