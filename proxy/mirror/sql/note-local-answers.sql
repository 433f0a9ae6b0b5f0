INSERT INTO temp.local_answer
SELECT kind, question
FROM answer
WHERE source LIKE 'layout %'
  AND (
    NOT EXISTS (
      SELECT 1
      FROM imported
      WHERE imported.kind = answer.kind
        AND imported.key = answer.question
        AND imported.digest = coalesce(answer.digest, 'absent')
    )
    OR EXISTS (
      SELECT 1
      FROM own
      WHERE own.kind = answer.kind AND own.key = answer.question AND own.digest = coalesce(answer.digest, 'absent')
    )
  )
