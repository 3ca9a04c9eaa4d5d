response = await client.ping("health check")
print(f"Server responded at {response['timestamp']}")
