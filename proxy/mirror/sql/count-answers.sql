SELECT kind, state, count(*) AS count
FROM answer
GROUP BY kind, state
ORDER BY kind, state
