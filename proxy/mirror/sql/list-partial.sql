SELECT question
FROM answer
WHERE kind = 'referrers' AND partial <> 0
ORDER BY question
