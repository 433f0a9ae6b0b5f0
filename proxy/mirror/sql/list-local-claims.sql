SELECT scope
FROM complete
WHERE scope NOT IN (SELECT key FROM imported WHERE kind = 'complete')
  OR scope IN (SELECT key FROM own WHERE kind = 'complete')
