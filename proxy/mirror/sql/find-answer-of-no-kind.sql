-- A row whose kind is none of a question's: damage, which no list of one kind would show. Each part is one look into
-- the index. Bytes are above every text, and numbers below.
SELECT CAST(question AS TEXT) AS question
FROM answer
WHERE kind < 'blob'
  OR (kind > 'blob' AND kind < 'cluster')
  OR (kind > 'cluster' AND kind < 'key')
  OR (kind > 'key' AND kind < 'log-entry')
  OR (kind > 'log-entry' AND kind < 'manifest')
  OR (kind > 'manifest' AND kind < 'referrers')
  OR (kind > 'referrers' AND kind < 'tag')
  OR (kind > 'tag' AND kind < 'trusted-root')
  OR kind > 'trusted-root'
LIMIT 1;
