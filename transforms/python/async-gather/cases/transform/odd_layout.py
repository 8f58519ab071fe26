#!/usr/bin/env python
# licence: none
""" doc """
import os, sys; import json
try:
    from tqdm import tqdm
except ImportError:
    tqdm = list
from openai import (
    OpenAI,
    APIError,
)

def main(argv=None):
  client = OpenAI(base_url = os.environ.get("BASE", None))
  rows = [json.loads(l) for l in sys.stdin]
  n = 0
  for ( k , row ) in enumerate( rows , start = 1 ) :  # count from one
    n += 1; print("row", k)
    out = { "id" : row [ "id" ] ,
            "answer" : client . chat . completions . create ( model = "m" ,   # the model
                messages = [ { "role" : "user" , "content" : row [ "q" ] } ] ) . choices [ 0 ] . message . content }
    print ( json . dumps ( out ) )
  return n
# the end
if __name__ == "__main__": sys.exit(0 if main() else 1)