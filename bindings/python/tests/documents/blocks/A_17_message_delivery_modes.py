await session.send({
    "prompt": "...",
    "mode": "enqueue"
})
