DELETE FROM answer
WHERE (kind, question) IN (
  SELECT held.kind, held.question
  FROM temp.leaving
  JOIN answer AS held ON held.kind = leaving.kind AND held.question = leaving.key
  WHERE coalesce(held.digest, 'absent') = leaving.digest
)
