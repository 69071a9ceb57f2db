"""An HTTP endpoint that keeps what it is sent, and answers what it is told to."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WAIT_SECONDS = 30


class Receiver:
    """Answers 200 unless `answers` for a path says otherwise, one after the other and the last for ever."""

    def __init__(self):
        self.received = []
        self.answers = {}
        self.secrets = {}
        self._news = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, text = receiver._take(self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _take(self, path, headers, body):
        with self._news:
            signed = path not in self.secrets or verifies(self.secrets[path], headers, body)
            answer = (200, {}, b"thanks") if signed else (401, {}, b"who are you?")
            answers = self.answers.get(path)
            if answers and signed:
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
            self.received.append(
                {"path": path, "headers": headers, "body": body, "status": answer[0], "at": time.monotonic()}
            )
            self._news.notify_all()
            return answer

    def url(self, path):
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def at(self, path):
        return [one for one in self.received if one["path"] == path]

    def wait_for(self, path, count):
        """The first requests to a path, once there are so many."""
        with self._news:
            came = self._news.wait_for(lambda: len(self.at(path)) >= count, timeout=WAIT_SECONDS)
            assert came, f"only {len(self.at(path))} of {count} requests to {path} came within {WAIT_SECONDS} s"
            return self.at(path)[:count]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def payload(request):
    return json.loads(request["body"])


def verifies(secret, headers, body):
    """Checks a signature as MLflow's documentation tells receivers to."""
    lower = {name.lower(): value for name, value in headers.items()}
    signed = f"{lower.get('x-mlflow-delivery-id')}.{lower.get('x-mlflow-timestamp')}.".encode() + body
    wanted = base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(lower.get("x-mlflow-signature", ""), f"v1,{wanted}")
