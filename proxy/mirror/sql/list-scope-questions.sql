SELECT question
FROM answer
WHERE kind IN ('tag', 'manifest', 'referrers')
  AND state = 'present'
  AND (repository = @scope OR substr(repository, 1, instr(repository, '/') - 1) = @scope)
