SELECT scope, grain, at, source
FROM complete
ORDER BY scope
