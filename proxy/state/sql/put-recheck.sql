-- What is refuted stays so: an outage that comes later hides no refutation.
INSERT INTO recheck (image, resource, policy, policy_digest, state, code, message, since, last_admitted)
VALUES (?, ?, ?, ?, 'unknown', ?, ?, ?, ?)
ON CONFLICT (image, resource, policy) DO UPDATE SET
  last_admitted = excluded.last_admitted,
  policy_digest = iif(state = 'refuted', policy_digest, excluded.policy_digest),
  code = iif(state = 'refuted', code, excluded.code),
  message = iif(state = 'refuted', message, excluded.message)
