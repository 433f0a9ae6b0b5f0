UPDATE answer SET at = ?, source = ?, checksum = ?
WHERE kind = ? AND question = ? AND repository IS ? AND subject IS ? AND state = ? AND digest IS ? AND value IS ?
  AND partial = ?
