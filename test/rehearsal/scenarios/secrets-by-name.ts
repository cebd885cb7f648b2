import { AuthorizationProblem } from '../authorization/ledger';
import { Rehearsal } from '../rehearsal';
import { comesUp } from './examples';
import { must, Scenario, SETTLE_SECONDS, until } from './scenario';

/** AWS adds six characters to a secret's ARN, which who imports it by name does not know: the policy must let them in all the same. */
export const secretsByName: Scenario = {
  name: 'secrets-by-name', ci: false, about: 'nodes may read a secret that the app knows by its name only',
  async run(context) {
    const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/secrets-by-name.app.ts' });
    await until('nobody read the secret', SETTLE_SECONDS, async () => await wasRead(rehearsal) || (await denied(rehearsal)).length > 0);
    const [first] = await denied(rehearsal);
    // A node asks for minutes what it is denied, and there is nothing more to see.
    must(first === undefined, `${first?.principal} was denied ${first?.what}, ${first?.reason}`);
    await comesUp(context, rehearsal, 'an administrator by name');
  },
};

async function denied(rehearsal: Rehearsal): Promise<AuthorizationProblem[]> {
  return (await rehearsal.authorizations()).problems.filter(each => each.outcome === 'denied');
}

async function wasRead(rehearsal: Rehearsal): Promise<boolean> {
  const { checks } = await rehearsal.authorizations();
  return checks.some(each => each.allowed && /:secret:wso2\/administrator-\w{6}$/.test(each.resource));
}
