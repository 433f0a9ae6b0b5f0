DELETE FROM temp.leaving
WHERE EXISTS (
  SELECT 1
  FROM imported
  WHERE imported.kind = leaving.kind AND imported.key = leaving.key AND imported.digest = leaving.digest
)
