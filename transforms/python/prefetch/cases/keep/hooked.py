# keep: PM904
import httpx


def check(reply):
    # A call that was made ahead would not come by here again.
    print(reply.status_code)


client = httpx.Client(event_hooks={"response": [check]})


def answer(question):
    return client.get("http://localhost:8000/", params={"q": question}).text


def right(rows: list[dict]):
    found = 0
    for row in rows:
        if row["gold"] and row["gold"] in answer("Q: " + row["question"]):
            found += 1
            print(row["id"], "right")
        elif not row["gold"]:
            print(row["id"], "has no answer")
    print(found)
