"""A small template that keeps every rule; each bad sample is this one with one thing spoilt."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from tests.template.cloudformation import Stack, parse, stack

GOOD = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  PythonRuntime: {Type: String, Default: python3.13, AllowedValues: [python3.12, python3.13]}
  DeletionProtection: {Type: String, Default: "true"}
  ViewerProtocolPolicy: {Type: String, Default: redirect-to-https}
Conditions:
  WithoutTls: !Equals [!Ref ViewerProtocolPolicy, allow-all]
  Protected: !Equals [!Ref DeletionProtection, "true"]
Globals:
  Function:
    Runtime: !Ref PythonRuntime
    Handler: app.handler
    Timeout: 15
    MemorySize: 512
    Tracing: Active
    Tags: {application: meterflow, stage: test}
Resources:
  Bus:
    Type: AWS::Events::EventBus
    Properties: {Name: !Ref AWS::StackName, DeadLetterConfig: {Arn: !GetAtt DeadEvents.Arn}}
  DeadEvents:
    Type: AWS::SQS::Queue
    Properties: {MessageRetentionPeriod: 1209600, SqsManagedSseEnabled: true}
  DeadEventsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref DeadEvents]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt DeadEvents.Arn
            Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}
          - Effect: Deny
            Principal: "*"
            Action: sqs:*
            Resource: !GetAtt DeadEvents.Arn
            Condition: {Bool: {aws:SecureTransport: "false"}}
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: {RetentionInDays: 30}

  FindMeterFunction:
    Type: AWS::Serverless::Function
    Properties:
      Description: Find a meter.
      CodeUri: functions/inspection/find_meter/
      LoggingConfig: {LogGroup: !Ref Logs}
      Policies:
        - Statement:
            - {Effect: Allow, Action: dynamodb:GetItem, Resource: !GetAtt Meters.Arn}
            - {Effect: Allow, Action: s3:PutObject, Resource: !Sub "${Uploads.Arn}/*"}
            - {Effect: Allow, Action: rekognition:DetectText, Resource: "*"}
            - {Effect: Allow, Action: sns:Publish, Resource: "*"}
            - {Effect: Deny, Action: sns:Publish, Resource: !Sub "arn:${AWS::Partition}:sns:*:*:*"}
  AskPersonFunction:
    Type: AWS::Serverless::Function
    Properties:
      Description: Ask a person.
      CodeUri: functions/inspection/ask_person/
      LoggingConfig: {LogGroup: !Ref Logs}
      Events:
        Api: {Type: Api, Properties: {RestApiId: !Ref Api, Path: "/meters/{meter_id}", Method: GET}}

  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      SecurityPolicy: SecurityPolicy_TLS13_1_2_2021_06
      EndpointAccessMode: BASIC
      TracingEnabled: true
      MethodSettings: [{HttpMethod: "*", ResourcePath: "/*", ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100}]
      Auth:
        DefaultAuthorizer: Users
        Authorizers: {Users: {UserPoolArn: !GetAtt Identity.Outputs.UserPoolArn}}

  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 90
      MessageRetentionPeriod: 345600
      SqsManagedSseEnabled: true
      RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadJobs.Arn, maxReceiveCount: 5}
  DeadJobs:
    Type: AWS::SQS::Queue
    Properties: {MessageRetentionPeriod: 1209600, SqsManagedSseEnabled: true}
  JobsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs, !Ref DeadJobs]
      PolicyDocument:
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: sqs:*
            Resource: [!GetAtt Jobs.Arn, !GetAtt DeadJobs.Arn]
            Condition: {Bool: {aws:SecureTransport: "false"}}
  ReadQueueFunction:
    Type: AWS::Serverless::Function
    Properties:
      Description: Take jobs.
      CodeUri: functions/update/read_queue/
      LoggingConfig: {LogGroup: !Ref Logs}
      Events:
        Queue:
          Type: SQS
          Properties: {Queue: !GetAtt Jobs.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}
  ReadStreamFunction:
    Type: AWS::Serverless::Function
    Properties:
      Description: Take changes.
      CodeUri: functions/update/read_stream/
      LoggingConfig: {LogGroup: !Ref Logs}
      Policies:
        - Statement:
            - {Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt DeadJobs.Arn}
      Events:
        Stream:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Meters.StreamArn
            StartingPosition: TRIM_HORIZON
            BisectBatchOnFunctionError: true
            MaximumRetryAttempts: 5
            MaximumRecordAgeInSeconds: 3600
            FunctionResponseTypes: [ReportBatchItemFailures]
            DestinationConfig: {OnFailure: {Destination: !GetAtt DeadJobs.Arn}}

  InspectionStateMachine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: statemachines/inspection.asl.json
      DefinitionSubstitutions:
        FindMeterFunctionArn: !GetAtt FindMeterFunction.Arn
        AskPersonFunctionArn: !GetAtt AskPersonFunction.Arn
        InspectionStateMachineArn: !Ref ChildStateMachine
        AnswerSeconds: "60"
      Tracing: {Enabled: true}
      Logging:
        Level: ALL
        IncludeExecutionData: false
        Destinations: [{CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt Logs.Arn}}]
      Policies:
        - Statement:
            - Effect: Allow
              Action: lambda:InvokeFunction
              Resource: [!GetAtt FindMeterFunction.Arn, !GetAtt AskPersonFunction.Arn]
            - {Effect: Allow, Action: states:StartExecution, Resource: !Ref ChildStateMachine}
            - Effect: Allow
              Action: [states:DescribeExecution, states:StopExecution]
              Resource: !Sub
                "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${ChildStateMachine.Name}:*"
            - Effect: Allow
              Action: [events:PutTargets, events:PutRule, events:DescribeRule]
              Resource: !Sub
                - "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${Rule}"
                - {Rule: StepFunctionsGetEventsForStepFunctionsExecutionRule}
            - Effect: Allow
              Action:
                - logs:CreateLogDelivery
                - logs:GetLogDelivery
                - logs:UpdateLogDelivery
                - logs:DeleteLogDelivery
                - logs:ListLogDeliveries
                - logs:PutResourcePolicy
                - logs:DescribeResourcePolicies
                - logs:DescribeLogGroups
              Resource: "*"
      Events:
        Asked:
          Type: EventBridgeRule
          Properties:
            EventBusName: !Ref Bus
            Pattern: {source: [meterflow], detail-type: [InspectionRequested]}
            DeadLetterConfig: {Arn: !GetAtt DeadEvents.Arn}
  ChildStateMachine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: statemachines/child.asl.json
      DefinitionSubstitutions: {FindMeterFunctionArn: !GetAtt FindMeterFunction.Arn}
      Tracing: {Enabled: true}
      Logging:
        Level: ALL
        IncludeExecutionData: false
        Destinations: [{CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt Logs.Arn}}]
      Policies:
        - Statement:
            - {Effect: Allow, Action: lambda:InvokeFunction, Resource: !GetAtt FindMeterFunction.Arn}
            - Effect: Allow
              Action:
                - logs:CreateLogDelivery
                - logs:GetLogDelivery
                - logs:UpdateLogDelivery
                - logs:DeleteLogDelivery
                - logs:ListLogDeliveries
                - logs:PutResourcePolicy
                - logs:DescribeResourcePolicies
                - logs:DescribeLogGroups
              Resource: "*"

  Uploaded:
    Type: AWS::Events::Rule
    Properties:
      EventPattern:
        source: [aws.s3]
        detail:
          bucket: {name: [!Ref Uploads]}
          object:
            key:
              - {suffix: {equals-ignore-case: .jpg}}
              - {suffix: {equals-ignore-case: .jpeg}}
              - {suffix: {equals-ignore-case: .png}}
      Targets:
        - {Id: Keep, Arn: !GetAtt DeadEvents.Arn}

  Alarms:
    Type: AWS::SNS::Topic
    Properties: {KmsMasterKeyId: !Ref Key}
  Key:
    Type: AWS::KMS::Key
  AlarmsAccess:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Alarms]
      PolicyDocument:
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: sns:Publish
            Resource: !Ref Alarms
            Condition: {Bool: {aws:SecureTransport: "false"}}
          - Effect: Allow
            Principal: {Service: cloudwatch.amazonaws.com}
            Action: sns:Publish
            Resource: !Ref Alarms
            Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}
  TooMuch:
    Type: AWS::CloudWatch::Alarm
    Properties: {AlarmActions: [!Ref Alarms], ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1}

  Meters:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      BillingMode: PAY_PER_REQUEST
      DeletionProtectionEnabled: !If [Protected, true, false]
      SSESpecification: {SSEEnabled: true}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
      AttributeDefinitions: [{AttributeName: meter_id, AttributeType: S}]
      KeySchema: [{AttributeName: meter_id, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
  Uploads:
    Type: AWS::S3::Bucket
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]
      PublicAccessBlockConfiguration:
        {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
      OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}
      LifecycleConfiguration:
        Rules: [{Status: Enabled, AbortIncompleteMultipartUpload: {DaysAfterInitiation: 1}}]
  UploadsPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Uploads
      PolicyDocument:
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource: [!GetAtt Uploads.Arn, !Sub "${Uploads.Arn}/*"]
            Condition: {Bool: {aws:SecureTransport: "false"}}
          - Effect: Allow
            Principal: {Service: cloudfront.amazonaws.com}
            Action: s3:GetObject
            Resource: !Sub "${Uploads.Arn}/*"
            Condition:
              StringEquals:
                AWS:SourceArn: !Sub "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Site}"
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Origins:
          - {Id: site, DomainName: !GetAtt Uploads.RegionalDomainName}
          - Id: api
            DomainName: api.example.org
            CustomOriginConfig:
              OriginProtocolPolicy: !If [WithoutTls, http-only, https-only]
              OriginSSLProtocols: [TLSv1.2]
        DefaultCacheBehavior: {TargetOriginId: site, ViewerProtocolPolicy: !Ref ViewerProtocolPolicy}
        CacheBehaviors:
          - {PathPattern: /api/*, TargetOriginId: api, ViewerProtocolPolicy: !If [WithoutTls, allow-all, https-only]}
"""


@cache
def _parsed() -> dict[str, Any]:
    return parse(GOOD)


def good() -> dict[str, Any]:
    """The good template, a new copy at each call."""
    return copy.deepcopy(_parsed())


def built(template: dict[str, Any]) -> Stack:
    """The template after the transform."""
    return stack(template)
