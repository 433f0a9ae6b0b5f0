INSERT INTO temp.arriving (digest, size, keep)
SELECT digest, CASE WHEN min(size) < max(size) THEN -1 ELSE min(size) END, max(keep)
FROM temp.naming
GROUP BY digest
ORDER BY digest
