#!/usr/bin/env python
import argparse
import json

import requests

parser = argparse.ArgumentParser()
parser.add_argument('urls')
parser.add_argument('--num_workers', type=int, default=4)
options = parser.parse_args()

if __name__ == '__main__':
	for url in json.load(open(options.urls)):
		print(url, requests.get(url).text)
