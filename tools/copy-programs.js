// The compiler moves TypeScript only: the programs that run on the node go beside the code that packs them, and what a
// rehearsal consists of goes beside the command line.
const { createHash } = require('node:crypto');
const { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const { FUNCTIONS } = require('./build-functions');

/** Only what is needed to run; Maven builds a stand-in without its tests. */
const LEFT_OUT = /^(__pycache__|target|tests?|test_.*\.py|smoke.*\.py|fixture|judge|emulated\.py|.*\.ts|.*\.e2e\..*|jest\.config\.js)$/;
const REHEARSAL = 'dist/rehearsal';

function copy(from, to) {
  cpSync(from, to, { recursive: true, filter: source => source === from || !LEFT_OUT.test(basename(source)) });
}

rmSync('dist/lib/boot/programs', { recursive: true, force: true });
cpSync('lib/boot/programs', 'dist/lib/boot/programs', {
  recursive: true,
  filter: source => !source.includes('__pycache__'),
});

// Read by the library, and by the emulator from the same place.
cpSync('lib/facts/aws-facts.json', 'dist/lib/facts/aws-facts.json');

// Of the functions only what Lambda runs.
for (const { folder } of FUNCTIONS) {
  rmSync(join('dist', folder), { recursive: true, force: true });
  cpSync(join(folder, 'function'), join('dist', folder, 'function'), { recursive: true });
}

rmSync(REHEARSAL, { recursive: true, force: true });
copy('test/emulator', join(REHEARSAL, 'emulator'));
copy('test/rehearsal/machine', join(REHEARSAL, 'machine'));
copy('test/rehearsal/stand-in', join(REHEARSAL, 'stand-in'));

// By this a copy of the stand-in's sources is known to be of another version.
const hash = createHash('sha256');
const standIn = join(REHEARSAL, 'stand-in');
for (const name of readdirSync(standIn, { recursive: true }).sort()) {
  const file = join(standIn, name);
  if (statSync(file).isFile()) hash.update(`${name}\0`).update(readFileSync(file));
}
writeFileSync(join(standIn, 'VERSION'), `${hash.digest('hex').slice(0, 12)}\n`);
