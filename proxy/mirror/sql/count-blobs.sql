SELECT count(*) AS count
FROM blob
