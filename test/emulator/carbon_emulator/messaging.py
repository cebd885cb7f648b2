"""SNS: subscriptions, and policies of topics. SQS: policies of queues."""

import json

from moto.core.common_models import CloudFormationModel
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from .resource import AddedResource, Request

SUBSCRIPTION_ATTRIBUTES = ('RawMessageDelivery', 'DeliveryPolicy', 'FilterPolicyScope', 'FilterPolicy', 'RedrivePolicy')


class Subscription(AddedResource, CloudFormationModel):
    TYPE = 'AWS::SNS::Subscription'

    @classmethod
    def make(cls, request: Request) -> 'Subscription':
        backend = request.backend(sns_backends)
        arn = backend.subscribe(request.get('TopicArn'), request.get('Endpoint'), request.get('Protocol')).arn
        for name in SUBSCRIPTION_ATTRIBUTES:
            if name in request.properties:
                value = request.get(name)
                backend.set_subscription_attributes(arn, name, value if isinstance(value, str) else json.dumps(value))
        return cls(arn)

    def remove(self, request: Request) -> None:
        request.backend(sns_backends).unsubscribe(self.physical_resource_id)


class TopicPolicy(AddedResource, CloudFormationModel):
    TYPE = 'AWS::SNS::TopicPolicy'
    ATTRIBUTES = ('Id',)

    @classmethod
    def make(cls, request: Request) -> 'TopicPolicy':
        backend = request.backend(sns_backends)
        for topic in request.get('Topics'):
            backend.set_topic_attribute(topic, 'policy', json.dumps(request.get('PolicyDocument')))
        return cls(request.name, Id=request.name)


class QueuePolicy(AddedResource, CloudFormationModel):
    TYPE = 'AWS::SQS::QueuePolicy'
    ATTRIBUTES = ('Id',)

    @classmethod
    def make(cls, request: Request) -> 'QueuePolicy':
        backend = request.backend(sqs_backends)
        for url in request.get('Queues'):
            backend.get_queue(url.rpartition('/')[2]).policy = json.dumps(request.get('PolicyDocument'))
        return cls(request.name, Id=request.name)
