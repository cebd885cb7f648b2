/** What is wrong, the props in which it is, and the one sentence that says so. */
import { Stack } from 'aws-cdk-lib';
import { CarbonClusterProps } from '../../../lib';

export type Overrides = Partial<CarbonClusterProps>;

export type BadInput = readonly [what: string, overrides: (stack: Stack) => Overrides, message: string];
