DELETE FROM temp.leaving
WHERE EXISTS (
    SELECT 1
    FROM imported
    WHERE imported.kind = leaving.kind AND imported.key = leaving.key AND imported.digest = leaving.digest
  )
  OR EXISTS (
    SELECT 1
    FROM own
    WHERE own.kind = leaving.kind AND own.key = leaving.key AND own.digest = leaving.digest
  )
