# keep: PM109
# The folder is handed to a function that looks what is there by now.
import requests


def done(folder):
    return sorted(p.stem for p in folder.glob("*.txt"))


def run(rows, out):
    for row in rows:
        answer = requests.get("http://data.example/" + row["id"], params={"done": ",".join(done(out))}).text
        (out / f"{row['id']}.txt").write_text(answer)
