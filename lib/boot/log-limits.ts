import { Duration, Size } from 'aws-cdk-lib';
import { LogLimits } from './node-document';

const RETENTION = Duration.days(7);
const SIZE = Size.gibibytes(2);
const LEAST = Size.mebibytes(64);

/**
 * What the product's logs may take of the machine's disk.
 *
 * @param home where the product is below its folder, if it is
 * @throws if the retention is not a number of whole days, or the size is less than one day's logs commonly are
 */
export function logLimits(retention: Duration = RETENTION, size: Size = SIZE, home?: string): LogLimits {
  const days = retention.toDays({ integral: false });
  if (!Number.isInteger(days) || days < 1) throw new Error(`nodeLogRetention must be a number of whole days above 0, got ${days}`);
  const bytes = size.toBytes();
  if (bytes < LEAST.toBytes()) throw new Error(`nodeLogSize must be at least ${LEAST.toMebibytes()} MiB, got ${bytes / 1024 ** 2} MiB`);
  return { days, bytes, ...(home ? { home } : {}) };
}
