session = await client.create_session({
    "model": "gpt-5",
    "streaming": True
})
