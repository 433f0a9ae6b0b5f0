-- The next repository of which the mirror holds a manifest or a tag, by steps through the index: there may be a million
-- rows of one.
WITH RECURSIVE step (repository) AS (
  SELECT (SELECT min(repository) FROM answer WHERE repository > :last)
  UNION ALL
  SELECT (SELECT min(answer.repository) FROM answer WHERE answer.repository > step.repository)
  FROM step
  WHERE step.repository IS NOT NULL
)
SELECT repository
FROM step
WHERE repository IS NOT NULL AND EXISTS (
  SELECT 1
  FROM answer
  WHERE answer.repository = step.repository AND answer.kind IN ('manifest', 'tag') AND answer.state = 'present'
)
LIMIT :most
