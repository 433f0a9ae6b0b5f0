INSERT OR REPLACE INTO temp.arriving_claim (scope, at, source)
VALUES (?, ?, ?)
