SELECT state, count(*) AS count
FROM recheck
GROUP BY state
