session = await client.resume_session("session-id", {
    "tools": [my_new_tool]
})
