INSERT INTO temp.arriving (digest, size, keep)
VALUES (?, ?, ?)
ON CONFLICT (digest) DO UPDATE SET
  keep = max(keep, excluded.keep),
  size = CASE WHEN size = excluded.size THEN size ELSE -1 END
