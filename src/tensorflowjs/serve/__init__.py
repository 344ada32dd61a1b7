"""Shows converted models in a browser: a file server, the page it serves, and measurements.

server.py        binds, runs, stops; `running` does it in a thread
app.py           what is answered to which URL
folder.py        from URL to file: nothing outside the folder, nothing hidden
conditions.py    what the headers of a request ask for: encodings, ranges, versions
streaming.py     a file as a response that notices when nobody listens any more
models.py        the models below a folder
page/            the page, and the measuring that it shares with Node
benchmark.py     the same measurement without a window, in Node or (devtools.py) in Chromium
"""
