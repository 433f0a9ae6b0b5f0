DELETE FROM checkpoint
WHERE EXISTS (
  SELECT 1
  FROM imported
  WHERE imported.kind = 'checkpoint' AND imported.key = checkpoint.origin AND imported.digest = checkpoint.digest
)
