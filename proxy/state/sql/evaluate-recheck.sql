-- What was decided when something was looked at again: a policy that is new to it has its times. Of a resource, an
-- image may be new too.
INSERT INTO recheck (image, resource, policy, policy_digest, state, code, message, since, last_admitted, evaluated)
SELECT :image, :resource, :policy, :policyDigest, :state, :code, :message, min(since), max(last_admitted), :at
FROM recheck
WHERE resource = :resource AND (resource <> '' OR image = :image)
HAVING count(*) > 0
ON CONFLICT (image, resource, policy) DO UPDATE SET
  evaluated = excluded.evaluated,
  policy_digest = iif(state = 'refuted' AND excluded.state = 'unknown', policy_digest, excluded.policy_digest),
  code = iif(state = 'refuted' AND excluded.state = 'unknown', code, excluded.code),
  message = iif(state = 'refuted' AND excluded.state = 'unknown', message, excluded.message),
  state = iif(state = 'refuted', state, excluded.state)
