await client.delete_session(session_id)
