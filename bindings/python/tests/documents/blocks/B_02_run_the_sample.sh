cd python/samples
python chat.py
