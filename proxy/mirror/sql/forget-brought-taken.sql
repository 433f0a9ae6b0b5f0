DELETE FROM taken
WHERE kind NOT LIKE 'pin %'
  AND NOT EXISTS (
    SELECT 1
    FROM imported
    WHERE imported.kind = taken.kind AND imported.key = taken.key AND imported.digest = taken.digest
  )
