SELECT group_concat(coalesce(length(bytes), ''))
FROM json_each(?)
LEFT JOIN blob ON digest = value
