import { rmSync } from 'node:fs';
import { SHARED } from './shared-setup';

export default function teardown(): void {
  rmSync(process.env[SHARED]!, { recursive: true, force: true });
}
