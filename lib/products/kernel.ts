import { ProductVersion } from './product-version';

/** Negative if `a` is before `b`. Versions are numbers with dots. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map(version => version.split('.').map(Number));
  for (let part = 0; part < Math.max(left.length, right.length); part++) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function isFrom(kernel: string, first: string): boolean {
  return compareVersions(kernel, first) >= 0;
}

/**
 * First kernel of each range with one Hazelcast: orbit.version.hazelcast in parent/pom.xml of wso2/carbon-kernel at the tags
 * 4.3.0, 4.4.0 to 4.4.3, 4.4.5 to 4.4.40, 4.5.x to 4.8.x, 4.9.0, 4.9.10, 4.9.20, 4.9.26, 4.9.33, 4.10.0, 4.10.126, 4.11.0 and
 * 4.12.x. Tags between two that were read are taken to be as the earlier one; 5.3.6 from 4.10.9 on is one reading's word.
 */
const HAZELCAST: readonly (readonly [string, string])[] = [
  ['4.3.0', '3.2.6'],
  ['4.4.1', '3.5.0'],
  ['4.4.2', '3.5.2'],
  ['4.4.5', '3.5.4'],
  ['4.5.0', '3.12.2'],
  ['4.7.0', '4.2.5'],
  ['4.9.0', '4.2.6'],
  ['4.9.20', '5.3.2'],
  ['4.9.21', '4.2.6'],
  ['4.10.0', '5.3.2'],
  ['4.10.9', '5.3.6'],
  ['4.11.0', '4.2.6'],
  ['4.12.0', '5.3.6'],
];

const FIRST_UNKNOWN_KERNEL = '4.13';

/** Hazelcast inside a kernel; nothing for kernels that nobody looked at. */
export function hazelcastOf(kernel: string): string | undefined {
  if (isFrom(kernel, FIRST_UNKNOWN_KERNEL)) return undefined;
  return HAZELCAST.filter(([first]) => isFrom(kernel, first)).at(-1)?.[1];
}

/**
 * By the check in the kernel's bin/wso2server.sh, less what lacks packages or classes: 9 and 10 have no packages any more, and
 * from 4.5 on the classes are compiled for Java 8, from 4.7 on for Java 11 [inferred for 4.7 and 4.11].
 */
const JAVA: readonly (readonly [string, ProductVersion['java']])[] = [
  ['4.3.0', { accepted: [7, 8], preferred: 8 }],
  ['4.5.0', { accepted: [8, 11], preferred: 11 }],
  ['4.7.0', { accepted: [11], preferred: 11 }],
  ['4.8.0', { accepted: [11, 17], preferred: 17 }],
  ['4.10.0', { accepted: [11, 17, 21], preferred: 17 }],
  ['4.11.0', { accepted: [17, 21], preferred: 21 }],
  ['4.12.0', { accepted: [21], preferred: 21 }],
];

export function javaOf(kernel: string): ProductVersion['java'] {
  return JAVA.filter(([first]) => isFrom(kernel, first)).at(-1)?.[1] ?? JAVA[0][1];
}

/** Kernel 4.5 brought deployment.toml, log4j 2 and Java 11 (carbon-kernel v4.5.0 release notes). */
export function isTomlEra(kernel: string): boolean {
  return isFrom(kernel, '4.5.0');
}

export interface KernelScript {
  readonly script: string;
  readonly sqlMode?: string;
}

/** Without it scripts with `TIMESTAMP DEFAULT 0` end in error 1067 on MySQL 8. */
export const SQL_MODE_OF_OLD_SCRIPTS = 'NO_ENGINE_SUBSTITUTION';

/**
 * The script with the tables of registry and user management. mysql5.7.sql came with 4.4.6 and went with 4.5; what was in it
 * is in mysql.sql from 4.6 on. That 4.5 has it too is not sure, so the mode stays.
 */
export function kernelScript(kernel: string): KernelScript {
  if (isFrom(kernel, '4.6.0')) return { script: 'dbscripts/mysql.sql' };
  if (isFrom(kernel, '4.5.0') || !isFrom(kernel, '4.4.6')) return { script: 'dbscripts/mysql.sql', sqlMode: SQL_MODE_OF_OLD_SCRIPTS };
  return { script: 'dbscripts/mysql5.7.sql' };
}
