/** In the order of running: what is most likely to tell something comes first. */
import { artifacts } from './artifacts';
import { attacked } from './attacked';
import { awsAway } from './aws-away';
import { changed } from './changed';
import { databaseAway } from './database-away';
import { databaseMoved } from './database-moved';
import { databaseRestarted } from './database-restarted';
import { denied } from './denied';
import { ec2Refuses } from './ec2-refuses';
import { eightNodes } from './eight-nodes';
import { examples } from './examples';
import { exhausted } from './exhausted';
import { failover } from './failover';
import { failures } from './failures';
import { hung } from './hung';
import { killed } from './killed';
import { leavesNothing } from './leaves-nothing';
import { nginx } from './nginx';
import { observed } from './observed';
import { partitioned } from './partitioned';
import { passwordReplaced } from './password-replaced';
import { products } from './products';
import { rebooted } from './rebooted';
import { removed } from './removed';
import { restored } from './restored';
import { rolling } from './rolling';
import { rotated } from './rotated';
import { Scenario } from './scenario';
import { secretsByName } from './secrets-by-name';
import { simultaneous } from './simultaneous';
import { surroundings } from './surroundings';
import { twoClusters } from './two-clusters';
import { wellKnownKept } from './well-known-kept';
import { wellKnownReplaced } from './well-known-replaced';
import { zoneLost } from './zone-lost';

export const SCENARIOS: readonly Scenario[] = [
  examples, failures, killed, rebooted, twoClusters, databaseAway, ec2Refuses, eightNodes, products, nginx, ...artifacts, surroundings, rotated, observed,
  denied, secretsByName, rolling, hung, wellKnownReplaced, ...wellKnownKept, databaseRestarted, passwordReplaced, restored, databaseMoved, changed,
  awsAway, failover, zoneLost, ...exhausted, removed, attacked, partitioned, leavesNothing, simultaneous,
];
