import { Stack, Validations } from 'aws-cdk-lib';
import { acknowledgeFindings } from '../../lib/access/findings';

const REASON = 'a test says so';

function acknowledged(stack: Stack): unknown[] {
  return stack.node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY).map(({ data }) => data);
}

describe('acknowledging a finding', () => {
  afterEach(() => jest.restoreAllMocks());

  test('reaches what cdk-nag reads, with its reason', () => {
    const stack = new Stack();
    acknowledgeFindings(stack, { id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/P]', reason: REASON });
    expect(JSON.stringify(acknowledged(stack))).toContain('AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/P]');
    expect(JSON.stringify(acknowledged(stack))).toContain(REASON);
  });

  test('is left to the app where an older aws-cdk-lib refuses the id', () => {
    jest.spyOn(Validations.prototype, 'acknowledge').mockImplementation(() => { throw new Error('Invalid validation rule ID'); });
    const stack = new Stack();
    acknowledgeFindings(stack, { id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:*:*:instance/*]', reason: REASON });
    expect(acknowledged(stack)).toEqual([]);
  });

  test('fails where an id is refused that every version takes', () => {
    jest.spyOn(Validations.prototype, 'acknowledge').mockImplementation(() => { throw new Error('refused'); });
    expect(() => acknowledgeFindings(new Stack(), { id: 'AwsSolutions-IAM5[Resource::*]', reason: REASON })).toThrow('refused');
  });
});
