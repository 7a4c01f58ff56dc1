#!/usr/bin/env python3
"""Programs that people have, as tasks of cruncherd: ImageMagick, poppler, pandoc, ffmpeg, jq and wc, for real.

Passes when each gives what it gives by hand, values of a query do no harm, long contents leave the server small, and a thousand
slow uploads hold up nobody. Usage: commands.py CRUNCHERD        (needs the Debian packages in NEEDED)
"""

import glob
import hashlib
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

SKIPPED = 77  # as meson understands it
NEEDED = {"convert": "imagemagick", "pdftotext": "poppler-utils", "pandoc": "pandoc", "ffmpeg": "ffmpeg", "jq": "jq"}

CONFIGURATION = """
max-reply = "300MiB"
file-size = "300MiB"
memory = "0"

[task.thumbnail]
exec = ["convert", "-", "-resize", "{width}x", "png:-"]
accepts = ["image/*"]
answers = "image/png"
exit = { 1 = 422 }
params.width = { type = "integer", minimum = 1, maximum = 4000, default = 200 }

[task.caption]
exec = ["convert", "-size", "200x50", "label:{text}", "png:-"]
answers = "image/png"
params.text = { maxLength = 100 }

[task.annotate]
exec = ["convert", "-size", "200x50", "xc:white", "-annotate", "+5+20", "{text}", "png:-"]
answers = "image/png"
params.text = { maxLength = 100 }

[task.text]
exec = ["pdftotext", "-", "-"]
accepts = ["application/pdf"]
answers = "text/plain; charset=utf-8"

[task.html]
exec = ["pandoc", "--from", "markdown", "--to", "html"]
answers = "text/html; charset=utf-8"

[task.frame]
exec = ["ffmpeg", "-loglevel", "error", "-i", "{in}", "-frames:v", "1", "{out}"]
in = "video.mp4"
out = "frame.png"
answers = "image/png"
exit = { 1 = 422 }

[task.frame-of-stdin]
exec = ["ffmpeg", "-loglevel", "error", "-i", "/dev/stdin", "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"]
answers = "image/png"

[task.jq]
exec = ["jq", "-c", "{filter}"]
answers = "application/json"
params.filter = { maxLength = 1000 }
exit = { 2 = 422, 3 = 422, 5 = 422 }

[task.words]
exec = "wc -w"

[task.copy]
exec = "cat"
max_body = "300MiB"
"""


class Server:
    """cruncherd on a free port with CONFIGURATION, for as long as the block lasts."""

    def __init__(self, program, folder):
        config = os.path.join(folder, "cruncherd.toml")
        with open(config, "w") as file:
            file.write(CONFIGURATION)
        words = [program, "--port", "0", "--config", config, "--scratch-dir", folder, "--timeout", "120s", "--priority", "normal"]
        words += ["--max-connections-per-ip", "0"] + (["--user", "root"] if os.geteuid() == 0 else [])
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        for line in self.process.stdout:
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return self
        raise SystemExit("cruncherd does not listen")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def post(self, task, content=b"", content_type="application/octet-stream", **query):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=150)
        target = f"/tasks/{task}?{urllib.parse.urlencode(query)}" if query else f"/tasks/{task}"
        connection.request("POST", target, content, {"Content-Type": content_type})
        response = connection.getresponse()
        return response.status, response.read(), response.headers.get("Content-Type")

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


def made_by(*words, stdin=b""):
    return subprocess.run(words, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def check(what, holds, seen=""):
    print("ok  " if holds else "FAIL", what, "" if holds else repr(seen)[:600], flush=True)
    check.failed |= not holds


check.failed = False


def size_of(png):
    return tuple(int.from_bytes(png[at:at + 4], "big") for at in (16, 20)) if png.startswith(b"\x89PNG") else None


def pictures_and_texts(server, folder):
    jpeg = made_by("convert", "-size", "640x480", "plasma:", "jpg:-")
    status, content, kind = server.post("thumbnail", jpeg, "image/jpeg", width=80)
    check("a thumbnail", (status, kind, size_of(content)) == (200, "image/png", (80, 60)), (status, content[:400]))
    for corrupt in (b"no picture", jpeg[:200], b""):
        status, content, _ = server.post("thumbnail", corrupt, "image/jpeg")
        check("a corrupt picture is 422", status == 422, (status, content))
    check("a content of another type is 415", server.post("thumbnail", b"x", "text/plain")[0] == 415)

    pdf = os.path.join(folder, "hello.pdf")
    subprocess.run(["gs", "-q", "-sDEVICE=pdfwrite", "-o", pdf, "-c", "/Times-Roman 24 selectfont 72 700 moveto (Hello cruncher) show showpage"],
                   check=True) if shutil.which("gs") else write(pdf, small_pdf())
    status, content, _ = server.post("text", read(pdf), "application/pdf")
    check("the text of a PDF", status == 200 and b"Hello cruncher" in content, (status, content))

    status, content, _ = server.post("html", b"# Title\n\n*words* & more\n")
    check("Markdown to HTML", status == 200 and b"<em>words</em> &amp; more" in content, (status, content))

    video = os.path.join(folder, "video.mp4")  # ffmpeg writes the index at the end
    made_by("ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=5:duration=2", "-pix_fmt", "yuv420p", "-y", video)
    bytes_of_video = read(video)
    check("the video's index is at its end", bytes_of_video.find(b"moov") > bytes_of_video.find(b"mdat"))
    for task in ("frame", "frame-of-stdin"):
        status, content, _ = server.post(task, bytes_of_video)
        check(f"{task} of a video", (status, size_of(content)) == (200, (320, 240)), (status, content[:400]))
    check("a corrupt video is 422", server.post("frame", b"no video")[0] == 422)

    status, content, _ = server.post("jq", b'{"a":[1,2,{"b":"c"}]}', filter=".a[2].b")
    check("a jq filter by the query", (status, content) == (200, b'"c"\n'), (status, content))
    check("a wrong jq filter is 422", server.post("jq", b"{}", filter=".a[")[0] == 422)
    check("wc -w", server.post("words", b"to be or not to be")[1].strip() == b"6")


def attacks(server, folder):
    secret = os.path.join(folder, "secret")
    write(secret, b"a secret")
    target = os.path.join(folder, "written")
    for width in ("9; rm -rf /", "9 -write " + target, "-write", "@" + secret, "1e9", "0x10", "$(id)"):
        check(f"width {width!r} is refused", server.post("thumbnail", b"x", "image/png", width=width)[0] == 422)
    for text in ("@" + secret, "-write", "-"):
        check(f"annotation {text!r} is refused", server.post("annotate", text=text)[0] == 422)
    # Behind a word of the command they are texts. What ImageMagick itself makes of them, the folder confines.
    for text in (f"@{secret}", f"%[{secret}]", f"x' -write {target}", "$(touch " + target + ")"):
        status, content, _ = server.post("caption", text=text)
        check(f"caption {text!r} shows nothing of it", b"a secret" not in content and status in (200, 500), (status, content[:300]))
    for jq in (f'$__prog_args, input_filename, (try input catch .)', f'import "{secret}" as $x; $x', '"\\(env.HOME)"', "-f" + secret):
        status, content, _ = server.post("jq", b"{}", filter=jq)
        check(f"filter {jq!r} reads nothing", b"a secret" not in content, (status, content))
    check("nothing was written", not os.path.exists(target))


def long_contents(server):
    content = os.urandom(1 << 20) * 200
    seen = []
    done = threading.Event()

    def watch():
        while not done.wait(0.05):
            seen.append(server.resident_kib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    status, back, _ = server.post("copy", content)
    done.set()
    watcher.join()
    same = hashlib.sha256(back).digest() == hashlib.sha256(content).digest()
    check("200 MB come up and go down as they are", status == 200 and same, (status, len(back)))
    check("the server stays below 30 MiB meanwhile", max(seen) < 30 * 1024, max(seen))


def slow_uploads(server):
    sockets = []
    for _ in range(1000):
        one = socket.create_connection(("127.0.0.1", server.port))
        one.sendall(b"POST /tasks/copy HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n")
        sockets.append(one)
    until = time.monotonic() + 5
    took = []
    while time.monotonic() < until:
        for one in sockets:
            one.sendall(b"x" * 100)
        for _ in range(3):
            start = time.perf_counter()
            check.failed |= server.post("words", b"one two")[1].strip() != b"2"
            took.append(time.perf_counter() - start)
    for one in sockets:
        one.close()
    took.sort()
    check("beside 1000 slow uploads a job takes less than 300 ms, mostly", took[len(took) * 9 // 10] < 0.3, took[-5:])


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def small_pdf():
    text = b"BT /F1 24 Tf 72 700 Td (Hello cruncher) Tj ET"
    return (b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
            b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
            b"4 0 obj<</Length " + str(len(text)).encode() + b">>stream\n" + text + b"\nendstream endobj\n"
            b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n")


def main():
    missing = [package for program, package in NEEDED.items() if not shutil.which(program)]
    if missing:
        print("needs " + " ".join(missing))
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, Server(sys.argv[1], folder) as server:
        pictures_and_texts(server, folder)
        attacks(server, folder)
        long_contents(server)
        slow_uploads(server)
        # Empty ones are kept for other jobs.
        left = [job for job in glob.glob(os.path.join(folder, "cruncherd-*", "*")) if os.listdir(job)]
        check("no job left anything in its folder", not left, left)
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
