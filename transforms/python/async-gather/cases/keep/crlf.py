# keep: PM107
import requests

urls = ["http://127.0.0.1:8000/%d" % n for n in range(5)]
for url in urls:
    print(requests.delete(url).status_code)
