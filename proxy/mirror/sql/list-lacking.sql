SELECT digest
FROM temp.arriving
WHERE keep = 1 AND digest NOT IN (SELECT digest FROM blob)
LIMIT 10
