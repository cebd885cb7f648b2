import * as fs from 'node:fs';
import * as path from 'node:path';
import { REHEARSAL_FOLDER } from '../../places';
import { Rehearsal } from '../rehearsal';
import { allJoined, nodesOf, reportPasses, workersOf } from './checks';
import { Attempt, AttemptResult, rowOf, summaryOf, tried } from './attacks/attempt';
import { AttackRoom } from './attacks/attack-room';
import { functionAttempts, furnish, MEMBERS_KEY, ROLE, STOLEN } from './attacks/aws';
import { DATABASE, furnishDatabase } from './attacks/database';
import { NEIGHBOUR } from './attacks/neighbour';
import { AT_REST, RESTART } from './attacks/rest';
import { SERVICE_USER } from './attacks/service-user';
import { REPLACED, WORKER } from './attacks/worker';
import { must, Scenario, ScenarioContext } from './scenario';

/** Where the table of the last run is, for programs. */
const TABLE = path.join(REHEARSAL_FOLDER, 'attacked.json');
const FEWEST = 40;

export const attacked: Scenario = {
  name: 'attacked', ci: false, about: 'whoever takes over a server, a worker, a key or a neighbour of the cluster gets nothing',
  async run(context) {
    const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/attacked.app.ts' });
    await allJoined(rehearsal);
    await reportPasses(rehearsal);
    const room = await opened(context, rehearsal);
    // What only asks AWS and the databases disturbs nobody; what plants files needs the worker for itself; the manager goes last.
    const independent = [...ROLE, ...MEMBERS_KEY, ...functionAttempts(room), ...DATABASE, ...WORKER, ...NEIGHBOUR];
    const onTheWorker = [...SERVICE_USER, ...STOLEN, ...AT_REST, ...RESTART];
    const results = (await Promise.all([inTurn(context, room, independent), inTurn(context, room, onTheWorker)])).flat();
    results.push(...await inTurn(context, room, [REPLACED]));
    fs.writeFileSync(TABLE, JSON.stringify(results, null, 1));
    judge(context, results);
  },
};

async function opened(context: ScenarioContext, rehearsal: Rehearsal): Promise<AttackRoom> {
  const [worker] = workersOf(rehearsal);
  const room = new AttackRoom(rehearsal, worker, nodesOf(rehearsal).find(each => /manager/i.test(each.name))!);
  await room.open();
  await furnish(room);
  await furnishDatabase(room);
  context.step('the attackers are in their places');
  return room;
}

async function inTurn(context: ScenarioContext, room: AttackRoom, attempts: readonly Attempt[]): Promise<AttemptResult[]> {
  const results: AttemptResult[] = [];
  for (const each of attempts) {
    const result = await tried(each, room);
    context.step(rowOf(result));
    results.push(result);
  }
  return results;
}

export function judge(context: Pick<ScenarioContext, 'show'>, results: readonly AttemptResult[]): void {
  for (const each of results) if (each.outcome !== 'nothing') context.show(rowOf(each));
  const summary = summaryOf(results);
  context.show(summary);
  const counted = results.filter(each => each.outcome !== 'not tried');
  must(counted.length >= FEWEST, `${counted.length} attempts were made, fewer than ${FEWEST}`);
  must(counted.every(each => each.outcome === 'nothing'), summary);
}
