last_id = await client.get_last_session_id()
if last_id:
    session = await client.resume_session(last_id)
