SELECT claim.key AS scope
FROM imported AS claim
WHERE claim.kind = 'complete'
  AND claim.key NOT IN (SELECT scope FROM complete)
  AND claim.key NOT IN (SELECT key FROM taken WHERE kind = 'complete')
  AND EXISTS (
    SELECT 1
    FROM answer
    WHERE answer.kind IN ('tag', 'manifest', 'referrers')
      AND answer.state = 'present'
      AND CASE
        WHEN instr(claim.key, '@') > 0
          THEN answer.repository = substr(claim.key, 1, instr(claim.key, '@') - 1)
            AND (
              answer.kind = 'referrers' AND answer.subject = substr(claim.key, instr(claim.key, '@') + 1)
              OR answer.kind = 'tag'
              AND answer.subject LIKE replace(substr(claim.key, instr(claim.key, '@') + 1), ':', '-') || '%'
            )
        WHEN instr(claim.key, '/') > 0
          THEN answer.repository = claim.key
        ELSE substr(answer.repository, 1, instr(answer.repository, '/') - 1) = claim.key
      END
      AND NOT EXISTS (
        SELECT 1
        FROM imported
        WHERE imported.kind = answer.kind AND imported.key = answer.question AND imported.digest = answer.digest
      )
  )
