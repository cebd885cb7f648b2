import { Template } from 'aws-cdk-lib/assertions';
import { CarbonClusterProps, CarbonProduct, Membership } from '../../lib';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

const metadata = (props: Partial<CarbonClusterProps>): unknown => {
  const stack = testStack();
  gateway(stack, props);
  return documentOf(userDataOf(Template.fromStack(stack), 'Workers')).product.metadata;
};
const apim = CarbonProduct.apiManager;

test.each<[string, Partial<CarbonClusterProps>, string | undefined]>([
  ['an access key on Hazelcast 3.5', {}, 'closed'],
  ['discovered members', { membership: Membership.discovered() }, 'closed'],
  ['members that keep their addresses', { membership: Membership.wellKnownNodes() }, 'closed'],
  ['discovered members on Hazelcast 3.12', { product: apim('3.2.0'), membership: Membership.discovered() }, 'closed'],
  ['the aws scheme on Hazelcast 3.12', { product: apim('3.2.0'), membership: Membership.aws() }, undefined],
  ['a product that uses AWS itself', { instanceMetadata: true }, undefined],
  ['a choice that says what is so anyway', { instanceMetadata: false }, 'closed'],
])('with %s the servers and instance metadata are: %p', (_, props, expected) => {
  expect(metadata(props)).toBe(expected);
});
