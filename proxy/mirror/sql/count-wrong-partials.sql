SELECT count(*) AS count
FROM answer
JOIN imported AS list
  ON list.kind = answer.kind AND list.key = answer.question AND list.digest = answer.digest AND list.trust = 0
LEFT JOIN imported AS partial
  ON partial.kind = 'partial' AND partial.key = answer.question AND partial.trust = 0
WHERE answer.kind = 'referrers' AND (answer.partial <> 0) <> (partial.key IS NOT NULL)
