import requests


def fetch(name):
    return requests.get("https://example.org/" + name, timeout=30).text


def collected(names: list[str]):
    """The function is handed on as it is."""
    texts = []
    for name in names:
        texts.append(fetch(name))
    return texts


def listed(urls: list[str]):
    return [requests.get(url) for url in urls]


def told(names: list[str]):
    for name in names:
        print(name, fetch(name))
    # With more than the item, or with a comment, it is written out.
    for name in names:
        print(fetch(name.lower()))
    for name in names:
        print(
            fetch(
                name  # as it is
            )
        )


def chosen(names: list[str], loud):
    get = fetch
    if loud:
        get = fetch
    for name in names:
        print(get(name))
