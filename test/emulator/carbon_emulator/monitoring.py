"""CloudWatch alarms, those on other alarms too, and metric filters of log groups."""

from typing import Any

from moto.cloudwatch.models import (Dimension, Metric, MetricDataQuery, MetricStat, cloudwatch_backends)
from moto.core.common_models import CloudFormationModel
from moto.logs.models import logs_backends

from .resource import AddedResource, Request, number, truth


class Alarm(AddedResource, CloudFormationModel):
    TYPE = 'AWS::CloudWatch::Alarm'
    NAME_PROPERTY = 'AlarmName'
    ATTRIBUTES = ('Arn',)

    @classmethod
    def make(cls, request: Request) -> 'Alarm':
        alarm = request.backend(cloudwatch_backends).put_metric_alarm(
            name=request.name,
            namespace=request.get('Namespace'),
            metric_name=request.get('MetricName'),
            metric_data_queries=[read_query(each) for each in request.get('Metrics', [])],
            comparison_operator=request.get('ComparisonOperator'),
            evaluation_periods=number(request.get('EvaluationPeriods')),
            datapoints_to_alarm=number(request.get('DatapointsToAlarm')),
            period=number(request.get('Period')),
            threshold=request.get('Threshold'),
            statistic=request.get('Statistic'),
            extended_statistic=request.get('ExtendedStatistic'),
            description=request.get('AlarmDescription'),
            dimensions=request.get('Dimensions', []),
            alarm_actions=request.get('AlarmActions', []),
            ok_actions=request.get('OKActions', []),
            insufficient_data_actions=request.get('InsufficientDataActions', []),
            unit=request.get('Unit'),
            actions_enabled=truth(request.get('ActionsEnabled', True)),
            treat_missing_data=request.get('TreatMissingData'),
            tags=request.tags)
        return cls(request.name, Arn=alarm.alarm_arn)

    def remove(self, request: Request) -> None:
        request.backend(cloudwatch_backends).delete_alarms([self.physical_resource_id])


class CompositeAlarm(AddedResource, CloudFormationModel):
    TYPE = 'AWS::CloudWatch::CompositeAlarm'
    NAME_PROPERTY = 'AlarmName'
    ATTRIBUTES = ('Arn',)

    @classmethod
    def make(cls, request: Request) -> 'CompositeAlarm':
        get = request.get
        # The emulator's alarms are one class; what is of a metric is of none here.
        alarm = request.backend(cloudwatch_backends).put_metric_alarm(
            name=request.name, namespace=None, metric_name=None, metric_data_queries=[], comparison_operator=None,
            evaluation_periods=None, datapoints_to_alarm=None, period=None, threshold=None, statistic=None, extended_statistic=None,
            description=get('AlarmDescription'), dimensions=[], alarm_actions=get('AlarmActions', []), ok_actions=get('OKActions', []),
            insufficient_data_actions=get('InsufficientDataActions', []), unit=None,
            actions_enabled=truth(get('ActionsEnabled', True)), rule=get('AlarmRule'), tags=request.tags)
        return cls(request.name, Arn=alarm.alarm_arn)

    def remove(self, request: Request) -> None:
        request.backend(cloudwatch_backends).delete_alarms([self.physical_resource_id])


def read_query(query: dict[str, Any]) -> MetricDataQuery:
    return MetricDataQuery(
        query_id=query.get('Id'), label=query.get('Label'), period=query.get('Period'), return_data=query.get('ReturnData'),
        expression=query.get('Expression'), metric_stat=read_statistic(query.get('MetricStat')))


def read_statistic(statistic: dict[str, Any] | None) -> MetricStat | None:
    if statistic is None:
        return None
    metric = statistic['Metric']
    dimensions = [Dimension(each['Name'], each['Value']) for each in metric.get('Dimensions', [])]
    return MetricStat(metric=Metric(metric.get('MetricName'), metric.get('Namespace'), dimensions),
                      period=statistic.get('Period'), stat=statistic.get('Stat'), unit=statistic.get('Unit'))


class MetricFilter(AddedResource, CloudFormationModel):
    TYPE = 'AWS::Logs::MetricFilter'
    NAME_PROPERTY = 'FilterName'

    @classmethod
    def make(cls, request: Request) -> 'MetricFilter':
        transformations = [{key[0].lower() + key[1:]: value for key, value in each.items()}
                           for each in request.get('MetricTransformations', [])]
        request.backend(logs_backends).put_metric_filter(
            request.name, request.get('FilterPattern'), request.get('LogGroupName'), transformations)
        resource = cls(request.name)
        resource.log_group_name = request.get('LogGroupName')
        return resource

    def remove(self, request: Request) -> None:
        request.backend(logs_backends).delete_metric_filter(self.physical_resource_id, self.log_group_name)
