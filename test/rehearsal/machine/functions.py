"""
A Lambda function in the VPC: the very code that is deployed, run by Node.js at an address of its own, in the security groups of the function.
"""

from __future__ import annotations

import json
import os
import shutil
from typing import Mapping

from system import in_namespace, run

#: The request of CloudFormation has an address that only this process answers at.
_SCRIPT = r"""
const http = require('node:http');
const { code, handler, event, environment, seconds } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
for (const [name, value] of Object.entries(environment)) process.env[name] = value;
console.log = console.warn = console.error = (...words) => process.stderr.write(words.join(' ') + '\n');
const end = Date.now() + seconds * 1000;
const server = http.createServer((request, response) => {
  const parts = [];
  request.on('data', part => parts.push(part)).on('end', () => {
    response.end();
    process.stdout.write(Buffer.concat(parts));
  });
}).listen(0, '127.0.0.1', async () => {
  const asked = 'RequestType' in event ? { ...event, ResponseURL: `http://127.0.0.1:${server.address().port}/` } : event;
  try {
    const result = await require(code)[handler](asked, { getRemainingTimeInMillis: () => end - Date.now() });
    if (asked === event) process.stdout.write(JSON.stringify(result));
  } catch (problem) {
    process.stdout.write(JSON.stringify({ Status: 'FAILED', Reason: String(problem && problem.message || problem) }));
  }
  server.close();
  process.exit(0);
});
"""


def call(namespace: str, authority: str, request: Mapping) -> dict:
    """What it answers. `request`: code (the file), handler, event, environment, seconds, modules (where it finds the AWS SDK)."""
    node = shutil.which('node')
    if node is None:
        raise FileNotFoundError('there is no node to run the function')
    # Credentials go through the standard input; who signs the certificates of AWS here has to be known when Node.js starts.
    environment = {'PATH': os.environ.get('PATH', ''), 'NODE_PATH': request['modules'], 'NODE_EXTRA_CA_CERTS': authority, 'NODE_NO_WARNINGS': '1'}
    said = run(in_namespace(namespace, [node, '-e', _SCRIPT]), stdin=json.dumps(dict(request)), timeout=request['seconds'] + 10, env=environment)
    return json.loads(said)
