DELETE FROM signed_time
