"""How a stack goes back when a resource fails while it is created: what is deleted, what stays, and what the stack and its events say."""

import io
import json
import unittest
import urllib.request
import zipfile

from botocore.exceptions import ClientError

from emulated import StackTest, att, client, endpoint, network, ref, resource
from test_removal import balancer, database

LOG = 'Logs::LogGroup'


def order(stack, logical_id, **more):
    """Lets the next creation of a resource fail."""
    body = json.dumps({'stack': stack, 'logicalId': logical_id, 'reason': 'as ordered', **more}).encode()
    urllib.request.urlopen(urllib.request.Request(f'{endpoint()}/moto-api/creation-fault', body, {'Content-Type': 'application/json'})).read()


class CreationTest(StackTest):
    def let_fail(self, resources, logical_id, options=None, **fault):
        """Returns the status of the stack, which `logical_id` fails in."""
        order('*', logical_id, **fault)
        self.stack = self.start(resources, options=options)
        listed = client('cloudformation').list_stacks()['StackSummaries']
        stack = next(each for each in listed if each['StackName'] == self.stack)
        self.events = client('cloudformation').describe_stack_events(StackName=stack['StackId'])['StackEvents'][::-1]
        return stack['StackStatus']

    def those(self, status):
        return [each['LogicalResourceId'] for each in self.events if each['ResourceStatus'] == status and each['LogicalResourceId'] != self.stack]

    def reason(self, status, logical_id=None):
        return next(each.get('ResourceStatusReason') for each in self.events
                    if each['ResourceStatus'] == status and each['LogicalResourceId'] == (logical_id or self.stack))

    def log_groups(self):
        return {each['logGroupName'] for each in client('logs').describe_log_groups()['logGroups']}


def log(name, **more):
    return resource(LOG, {'LogGroupName': name}, **more)


class Rollback(CreationTest):
    def test_what_was_made_goes_in_reverse(self):
        resources = {'One': log('one'), 'Two': log('two', DependsOn='One'), 'Three': log('three', DependsOn='Two'),
                     'Four': log('four', DependsOn='Three')}
        self.assertEqual(self.let_fail(resources, 'Three'), 'ROLLBACK_COMPLETE')
        self.assertEqual(self.those('CREATE_COMPLETE'), ['One', 'Two'])
        self.assertEqual(self.those('DELETE_COMPLETE'), ['Two', 'One'])
        self.assertEqual(self.reason('CREATE_FAILED', 'Three'), 'as ordered')
        self.assertEqual(self.reason('ROLLBACK_IN_PROGRESS'), 'The following resource(s) failed to create: [Three]. Rollback requested by user.')
        self.assertFalse(self.log_groups() & {'one', 'two', 'three', 'four'})

    def test_a_resource_that_exists_when_it_fails_goes_too(self):
        self.assertEqual(self.let_fail({'One': log('half-made')}, 'One', made=True), 'ROLLBACK_COMPLETE')
        self.assertEqual((self.those('CREATE_FAILED'), self.those('DELETE_COMPLETE')), (['One'], ['One']))
        self.assertNotIn('half-made', self.log_groups())

    def test_a_failure_that_lets_the_others_be_made(self):
        resources = {'One': log('first'), 'Needs': log('needs', DependsOn='One'), 'Free': log('free')}
        self.assertEqual(self.let_fail(resources, 'One', others=True), 'ROLLBACK_COMPLETE')
        self.assertEqual((self.those('CREATE_COMPLETE'), self.those('DELETE_COMPLETE')), (['Free'], ['Free']))

    def test_it_fails_only_once(self):
        self.assertEqual(self.let_fail({'One': log('once')}, 'One'), 'ROLLBACK_COMPLETE')
        client('cloudformation').delete_stack(StackName=self.stack)
        self.create({'One': log('once')})

    def test_the_name_is_taken_until_the_stack_is_deleted(self):
        self.let_fail({'One': log('named')}, 'One')
        with self.assertRaisesRegex(ClientError, 'already exists'):
            client('cloudformation').create_stack(StackName=self.stack, TemplateBody=json.dumps({'Resources': {'One': log('named')}}))

    def test_outputs_and_exports_are_those_of_a_complete_stack(self):
        order('*', 'Two')
        outputs = {'Of': {'Value': ref('One'), 'Export': {'Name': 'of-one'}}}
        name = self.start({'One': log('exported'), 'Two': log('other', DependsOn='One')}, Outputs=outputs)
        self.assertNotIn('Outputs', client('cloudformation').describe_stacks(StackName=name)['Stacks'][0])
        self.assertEqual(client('cloudformation').list_exports()['Exports'], [])
        client('cloudformation').delete_stack(StackName=name)
        self.create({'One': log('exported')}, Outputs=outputs)
        self.assertEqual([each['Name'] for each in client('cloudformation').list_exports()['Exports']], ['of-one'])


class Wishes(CreationTest):
    RESOURCES = {'One': log('wished'), 'Two': log('never', DependsOn='One')}

    def tearDown(self):
        client('logs').delete_log_group(logGroupName='wished') if 'wished' in self.log_groups() else None

    def test_without_rollback(self):
        self.assertEqual(self.let_fail(self.RESOURCES, 'Two', {'DisableRollback': True}), 'CREATE_FAILED')
        self.assertIn('wished', self.log_groups())
        self.assertEqual(self.reason('CREATE_FAILED'), 'The following resource(s) failed to create: [Two]. ')

    def test_do_nothing(self):
        self.assertEqual(self.let_fail(self.RESOURCES, 'Two', {'OnFailure': 'DO_NOTHING'}), 'CREATE_FAILED')

    def test_delete(self):
        self.assertEqual(self.let_fail(self.RESOURCES, 'Two', {'OnFailure': 'DELETE'}), 'DELETE_COMPLETE')
        self.assertNotIn('wished', self.log_groups())

    def test_both_at_once_are_refused(self):
        with self.assertRaisesRegex(ClientError, 'both DisableRollback and OnFailure'):
            self.start(self.RESOURCES, options={'DisableRollback': True, 'OnFailure': 'DELETE'})


class Policies(CreationTest):
    def roll_back(self, policy, options=None):
        resources = {'Kept': log(f'policy-{policy}-{bool(options)}', DeletionPolicy=policy), 'Last': log('last', DependsOn='Kept')}
        self.assertEqual(self.let_fail(resources, 'Last', options), 'ROLLBACK_COMPLETE')
        return f'policy-{policy}-{bool(options)}' in self.log_groups()

    def test_retain_keeps_also_what_is_new(self):
        self.assertTrue(self.roll_back('Retain'))
        self.assertEqual(self.those('DELETE_SKIPPED'), ['Kept'])

    def test_retain_except_on_create_does_not(self):
        self.assertFalse(self.roll_back('RetainExceptOnCreate'))

    def test_whoever_creates_the_stack_may_say_so_for_all(self):
        self.assertFalse(self.roll_back('Retain', {'RetainExceptOnCreate': True}))

    def snapshots(self, logical_id, **fault):
        resources = {'Database': database(False, DeletionPolicy='Snapshot'), 'Last': log('after it', DependsOn='Database')}
        self.assertEqual(self.let_fail(resources, logical_id, **fault), 'ROLLBACK_COMPLETE')
        name = next(each['PhysicalResourceId'] for each in self.events if each['LogicalResourceId'] == 'Database' and each['PhysicalResourceId'])
        return [each for each in client('rds').describe_db_snapshots()['DBSnapshots'] if each['DBInstanceIdentifier'] == name]

    def test_a_complete_database_leaves_its_snapshot(self):
        self.assertEqual(len(self.snapshots('Last')), 1)

    def test_a_database_that_has_failed_leaves_none(self):
        self.assertEqual(self.snapshots('Database', made=True), [])


class Protection(CreationTest):
    def test_a_protected_database_stays(self):
        resources = {'Database': database(True), 'Last': log('after database', DependsOn='Database')}
        self.assertEqual(self.let_fail(resources, 'Last'), 'ROLLBACK_FAILED')
        self.assertEqual(self.reason('ROLLBACK_FAILED'), 'The following resource(s) failed to delete: [Database]. ')

    def test_a_protected_load_balancer_stays_with_its_network(self):
        resources = {**network(), 'Balancer': balancer(True), 'Last': log('after balancer', DependsOn='Balancer')}
        self.assertEqual(self.let_fail(resources, 'Last'), 'ROLLBACK_FAILED')
        self.assertEqual((self.those('DELETE_FAILED'), self.those('DELETE_COMPLETE')), (['Balancer'], []))


class Functions(CreationTest):
    """Custom resources whose function is in the template."""

    ANSWER = '''
        const answer = (event, body) => fetch(event.ResponseURL, { method: "PUT", body: JSON.stringify(body) });
        exports.handler = async event => { %s };'''

    def resources(self, code, properties=None, statements=None):
        body = io.BytesIO()
        with zipfile.ZipFile(body, 'w') as archive:
            archive.writestr('index.js', self.ANSWER % code)
        client('s3').create_bucket(Bucket='custom')
        client('s3').put_object(Bucket='custom', Key=self.id(), Body=body.getvalue())
        trust = {'Version': '2012-10-17', 'Statement': [
            {'Effect': 'Allow', 'Action': 'sts:AssumeRole', 'Principal': {'Service': 'lambda.amazonaws.com'}}]}
        policies = [{'PolicyName': 'inline', 'PolicyDocument': {'Version': '2012-10-17', 'Statement': statements}}] if statements else []
        return {
            'Role': resource('IAM::Role', {'AssumeRolePolicyDocument': trust, 'Policies': policies}),
            'Function': resource('Lambda::Function', {
                'Code': {'S3Bucket': 'custom', 'S3Key': self.id()}, 'Handler': 'index.handler', 'Runtime': 'nodejs22.x',
                'Role': att('Role', 'Arn'), 'Timeout': 60}),
            'Mine': {'Type': 'Custom::Mine', 'Properties': {'ServiceToken': att('Function', 'Arn'), **(properties or {})}},
        }

    def update(self, resources):
        client('cloudformation').update_stack(StackName=self.stack, TemplateBody=json.dumps({'Resources': resources}))
        return self.status(self.stack)

    def test_physical_id_and_data_are_the_answers(self):
        code = '''await answer(event, { Status: "SUCCESS", PhysicalResourceId: "mine-1", Data: {
            Said: [event.RequestType, event.LogicalResourceId, event.ResourceType, event.ResourceProperties.Number].join(" ") } });'''
        outputs = self.create(self.resources(code, {'Number': 7}), {'Id': ref('Mine'), 'Said': att('Mine', 'Said')})
        self.assertEqual(outputs, {'Id': 'mine-1', 'Said': 'Create Mine Custom::Mine 7'})

    def test_code_that_stands_in_the_template_and_the_general_type(self):
        resources = self.resources('')
        resources['Function']['Properties']['Code'] = {'ZipFile': self.ANSWER % (
            'await answer(event, { Status: "SUCCESS", PhysicalResourceId: event.ResourceType });')}
        resources['Mine']['Type'] = 'AWS::CloudFormation::CustomResource'
        self.assertEqual(self.create(resources, {'Id': ref('Mine')}), {'Id': 'AWS::CloudFormation::CustomResource'})

    def test_a_failure_is_told_and_the_function_asked_to_delete(self):
        code = '''await answer(event, event.RequestType === "Create" ? { Status: "FAILED", Reason: "not today", PhysicalResourceId: "half" } :
            { Status: event.PhysicalResourceId === undefined ? "FAILED" : "SUCCESS", PhysicalResourceId: event.PhysicalResourceId });'''
        self.stack = self.start(self.resources(code))
        self.assertEqual(self.status(self.stack)[0], 'ROLLBACK_COMPLETE')
        self.events = client('cloudformation').describe_stack_events(StackName=self.stack)['StackEvents'][::-1]
        self.assertEqual(self.reason('CREATE_FAILED', 'Mine'),
                         'Received response status [FAILED] from custom resource. Message returned: not today')
        self.assertIn('Mine', self.those('DELETE_COMPLETE'))

    def test_a_function_that_does_not_answer_in_time(self):
        resources = self.resources('if (event.RequestType === "Create") await new Promise(() => {}); '
                                   'await answer(event, { Status: "SUCCESS", PhysicalResourceId: "x" });', {'ServiceTimeout': 2})
        self.stack = self.start(resources)
        self.events = client('cloudformation').describe_stack_events(StackName=self.stack)['StackEvents'][::-1]
        self.assertEqual(self.reason('CREATE_FAILED', 'Mine'), 'The function of Mine did not answer: Task timed out after 2.00 seconds')
        self.assertEqual(self.status(self.stack)[0], 'ROLLBACK_COMPLETE')

    def test_an_update_knows_what_was_before_and_a_new_id_replaces(self):
        code = '''if (event.RequestType === "Delete" && event.PhysicalResourceId !== "v2" && event.ResourceProperties.V !== "1")
            return answer(event, { Status: "FAILED", Reason: "wrong deletion" });
          await answer(event, { Status: "SUCCESS", PhysicalResourceId: "v" + event.ResourceProperties.V,
            Data: { Before: event.OldResourceProperties?.V ?? "none" } });'''
        self.create({**self.resources(code, {'V': 1}), 'P': resource('SSM::Parameter', {'Type': 'String', 'Value': ref('Mine')})})
        changed = {**self.resources(code, {'V': 2}), 'Q': resource('SSM::Parameter', {'Type': 'String', 'Name': self.id(), 'Value': att('Mine', 'Before')})}
        self.assertEqual(self.update(changed), ('UPDATE_COMPLETE', None))

    def test_the_function_sees_the_true_status_of_its_stack(self):
        code = '''const { CloudFormationClient, DescribeStacksCommand } = require("@aws-sdk/client-cloudformation");
          const { Stacks } = await new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName: event.StackId }));
          const status = Stacks[0].StackStatus;
          const right = { Create: "CREATE_IN_PROGRESS", Delete: "ROLLBACK_IN_PROGRESS" }[event.RequestType];
          await answer(event, { Status: status === right ? "SUCCESS" : "FAILED", Reason: status, PhysicalResourceId: "x" });'''
        self.assertEqual(self.let_fail({**self.resources(code), 'Last': log('after mine', DependsOn='Mine')}, 'Last'), 'ROLLBACK_COMPLETE')
        self.assertIn('Mine', self.those('CREATE_COMPLETE'))

    def test_a_function_can_take_protection_off_before_the_database_goes(self):
        code = '''const { RDSClient, ModifyDBInstanceCommand } = require("@aws-sdk/client-rds");
          await new RDSClient({}).send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: event.ResourceProperties.Name,
            DeletionProtection: event.RequestType !== "Delete" }));
          await answer(event, { Status: "SUCCESS", PhysicalResourceId: "x" });'''
        resources = {'Database': database(False), **self.resources(code, {'Name': ref('Database')}), 'Last': log('protected', DependsOn='Mine')}
        self.assertEqual(self.let_fail(resources, 'Last'), 'ROLLBACK_COMPLETE')
        self.assertLess(self.those('DELETE_COMPLETE').index('Mine'), self.those('DELETE_COMPLETE').index('Database'))

    def test_lambda_leaves_a_log_group_that_nobody_made(self):
        allow = [{'Effect': 'Allow', 'Action': 'logs:*', 'Resource': '*'}]
        answered = 'await answer(event, { Status: "SUCCESS", PhysicalResourceId: "x" });'
        for statements, left in ((None, 0), (allow, 1)):
            before = self.log_groups()
            resources = {**self.resources(answered, statements=statements), 'Last': log('then', DependsOn='Mine')}
            self.assertEqual(self.let_fail(resources, 'Last'), 'ROLLBACK_COMPLETE')
            self.assertEqual(len(self.log_groups() - before), left)

    def test_policies_of_the_role_hold_where_they_are_enforced(self):
        code = '''const { IAMClient, CreateGroupCommand } = require("@aws-sdk/client-iam");
          if (event.RequestType === "Create") await new IAMClient({}).send(new CreateGroupCommand({ GroupName: "of-the-function" }));
          await answer(event, { Status: "SUCCESS", PhysicalResourceId: "x" });'''
        allow = [{'Effect': 'Allow', 'Action': 'iam:CreateGroup', 'Resource': '*'}]
        for statements, status in ((None, 'ROLLBACK_COMPLETE'), (allow, 'CREATE_COMPLETE')):
            resources = self.resources(code, statements=statements)
            self.serve_free_of_policies('1')  # CreateStack itself
            try:
                name = self.start(resources)
            finally:
                self.serve_free_of_policies('inf')
            self.assertEqual(self.status(name)[0], status)

    def serve_free_of_policies(self, count):
        urllib.request.urlopen(urllib.request.Request(f'{endpoint()}/moto-api/reset-auth', count.encode(), {'Content-Type': 'text/plain'})).read()


if __name__ == '__main__':
    unittest.main()
