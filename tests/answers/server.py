"""A server on loopback that says what it was told: `server.py [CERTIFICATE]`. Prints its port; GET /count is how many POSTs came."""

import json
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

count = 0
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def send(self, body, kind="application/json", **headers):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self):
        # As a proxy it leads to itself.
        self.send_response(200)
        self.end_headers()
        self.close_connection = False

    def do_GET(self):
        if self.path == "/count":
            return self.send(str(count).encode())
        if self.path.startswith("/bytes"):
            return self.send(bytes(range(256)), "application/octet-stream")
        self.send(json.dumps({"path": self.path}).encode())

    def do_POST(self):
        global count
        with lock:
            count += 1
            number = count
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path.startswith("/stream"):
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in [f"data: {number} ", "one\n\n", "data: two\n\n", ""]:
                self.wfile.write(f"{len(part):x}\r\n{part}\r\n".encode())
            return None
        told = {"number": number, "body": body, "headers": dict(self.headers), "next": f"http://h/x?page=2&key={self.headers.get('X-Api-Key')}"}
        return self.send(json.dumps(told).encode(), Set_Cookie="session=cookie-of-the-server-77", X_Ratelimit_Limit="5")


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if len(sys.argv) > 1:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
