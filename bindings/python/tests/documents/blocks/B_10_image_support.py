await session.send({"prompt": "What does the most recent jpg in this directory portray?"})
