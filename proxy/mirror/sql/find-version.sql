SELECT data_version || ' ' || total_changes() AS version FROM pragma_data_version
