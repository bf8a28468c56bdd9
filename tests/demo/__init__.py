"""The demo room: is our Telegram like Telegram, and our feed server like a publisher?"""
