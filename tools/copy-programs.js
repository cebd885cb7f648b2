// The compiler moves TypeScript only: the programs that run on the node go beside the code that packs them.
const { cpSync, rmSync } = require('node:fs');

rmSync('dist/lib/boot/programs', { recursive: true, force: true });
cpSync('lib/boot/programs', 'dist/lib/boot/programs', {
  recursive: true,
  filter: source => !source.includes('__pycache__'),
});
