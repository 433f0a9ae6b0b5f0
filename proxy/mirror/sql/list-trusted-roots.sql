SELECT question
FROM answer
WHERE kind = 'trusted-root'
ORDER BY question
