SELECT image, resource, policy, policy_digest AS policyDigest, state, code, message, since,
  last_admitted AS lastAdmitted, evaluated
FROM recheck
ORDER BY state, last_admitted DESC, image, resource, policy
LIMIT ?
