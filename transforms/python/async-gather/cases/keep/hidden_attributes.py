# keep: PM110
# `__dict__` holds each attribute, that of the last answer, too.
import requests


class Settings:
    pass


settings = Settings()
settings.last = ""
for name in ["a", "b", "c"]:
    text = requests.get("http://data.example/" + name, params=settings.__dict__).text
    settings.last = text
    print(name, text)
