SELECT CAST(question AS TEXT) AS question
FROM answer
WHERE kind = ?
  AND 'blob' IN (
    typeof(question), typeof(repository), typeof(subject), typeof(state), typeof(digest), typeof(value), typeof(at),
    typeof(source), typeof(partial)
  )
ORDER BY question
LIMIT 1
