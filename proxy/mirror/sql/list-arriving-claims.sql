SELECT scope, at, source
FROM temp.arriving_claim
WHERE scope > ?
ORDER BY scope
LIMIT 500
