DELETE FROM blob
WHERE digest IN (SELECT digest FROM temp.leaving WHERE kind IN ('manifest', 'blob'))
  AND digest NOT IN (SELECT digest FROM answer WHERE kind IN ('manifest', 'blob') AND digest IS NOT NULL)
  AND digest NOT IN (SELECT value FROM json_each(?))
