"""One Node.js process that runs the code of Lambda functions, as a warm environment of Lambda does: the AWS SDK is loaded once, and
each call loads the function anew, with the environment of that function only.
"""

import json
import os
import select
import subprocess
import threading
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
MODULES = [str(each / 'node_modules') for each in HERE.parents if (each / 'node_modules').is_dir()]
"""Where a function finds the AWS SDK, which Lambda has for it."""

SCRIPT = r"""
const fs = require('node:fs');
const said = [];
process.stdout.write = process.stderr.write = text => { said.push(String(text)); return true; };
const answer = value => fs.writeSync(1, JSON.stringify(value) + '\n');
const call = (handler, event, context) => new Promise((resolve, reject) => {
  const callback = (problem, value) => problem ? reject(problem) : resolve(value);
  Object.assign(context, { done: callback, succeed: resolve, fail: reject });
  const returned = handler(event, context, callback);
  if (typeof returned?.then === 'function') returned.then(resolve, reject);
});
process.on('uncaughtException', problem => answer({ problem: String(problem?.message ?? problem), said: said.join('') }));
require('node:readline').createInterface({ input: process.stdin }).on('line', async line => {
  const { file, name, event, context, env } = JSON.parse(line);
  said.length = 0;
  for (const key of Object.keys(process.env)) delete process.env[key];
  Object.assign(process.env, env);
  let problem;
  try {
    const handler = (file.endsWith('.mjs') ? await import(file) : require(file))[name];
    if (typeof handler !== 'function') throw new Error(`${file} does not export ${name}`);
    await call(handler, event, { ...context, getRemainingTimeInMillis: () => 1000 * context.seconds });
  } catch (error) {
    problem = String(error?.message ?? error);
  }
  answer({ problem, said: said.join('') });
}).on('close', () => process.exit(0));
answer('ready');
"""
START_SECONDS = 60


class NodeWorker:
    """Runs one call after the other."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen | None = None
        self.owner = 0

    def start(self) -> None:
        # A process that was forked from the owner uses the same Node.js, and cannot ask whether it still runs.
        if self.process is not None and (self.owner != os.getpid() or self.process.poll() is None):
            return
        self.owner = os.getpid()
        self.process = subprocess.Popen(
            ['node', '-e', SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1,
            env={'PATH': os.environ.get('PATH', ''), 'NODE_PATH': os.pathsep.join(MODULES), 'NODE_NO_WARNINGS': '1'})
        # What Lambda calls the initialization is not the function's time.
        select.select([self.process.stdout], [], [], START_SECONDS)
        self.process.stdout.readline()

    def run(self, call: dict[str, Any], seconds: float) -> str:
        """Returns what the function said when it failed or wrote to its log."""
        with self.lock:
            try:
                self.start()
                self.process.stdin.write(json.dumps(call) + '\n')
                self.process.stdin.flush()
                if not select.select([self.process.stdout], [], [], seconds)[0]:
                    self.stop()
                    return f'Task timed out after {seconds:.2f} seconds'
                answer = json.loads(self.process.stdout.readline() or '{"problem": "Node.js ended"}')
            except OSError as problem:
                self.stop()
                return str(problem)
        return answer.get('problem') or answer.get('said', '').strip()[-500:]

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process = None


worker = NodeWorker()


def has_sdk() -> bool:
    return any((Path(each) / '@aws-sdk').is_dir() for each in MODULES)
