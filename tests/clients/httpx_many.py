"""A client as it comes (five seconds for everything, a hundred connections) and more pages than connections."""
import os

import httpx


def main():
    base = os.environ["API_URL"]
    with httpx.Client() as client:
        for page in range(300):
            response = client.get(f"{base}/json/page-{page}")
            print(page, response.status_code, len(response.text))


if __name__ == "__main__":
    main()
