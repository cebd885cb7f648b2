import { nodesOf, reportPasses } from './checks';
import { Scenario, SETTLE_SECONDS } from './scenario';

/** One for each kernel and configuration style that differs in what a node must do to become a member. */
const PRODUCTS = ['wso2as-5.3.0', 'wso2greg-5.3.0', 'wso2am-2.6.0', 'wso2ei-6.4.0', 'wso2ei-6.6.0', 'wso2is-5.11.0', 'wso2am-4.2.0', 'wso2is-7.1.0'];

export const products: Scenario = {
  name: 'products', ci: false, about: 'a product of each kernel comes up as one cluster, by the membership chosen for it',
  async run(context) {
    for (const product of PRODUCTS) {
      const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/product.app.ts', context: { product } });
      try {
        await rehearsal.settled(SETTLE_SECONDS);
        await reportPasses(rehearsal);
        context.show(`${product}: ${nodesOf(rehearsal).length} nodes, one cluster`);
      } catch (error) {
        throw new Error(`${product}: ${(error as Error).message}`, { cause: error });
      } finally {
        await rehearsal.close();
      }
    }
  },
};
