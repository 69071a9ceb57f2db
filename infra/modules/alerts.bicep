metadata description = 'What a person must hear of: lost or failing events, poisoned work, failing functions, throttling.'

param location string
param tags object
param actionGroupName string

@description('Who gets the alerts. Empty: they show in the portal only.')
param alertEmail string

param topicIds array
param cosmosAccountId string
param logWorkspaceId string

var topicAlerts = [
  {
    key: 'dead-letters'
    metric: 'DeadLetteredCount'
    severity: 1
    threshold: 0
    description: 'Event Grid gave up on an event and wrote it to the container dead-letters.'
  }
  {
    key: 'delivery-failures'
    metric: 'DeliveryAttemptFailCount'
    severity: 2
    threshold: 10
    description: 'Event Grid cannot deliver to a function; it keeps trying for a day.'
  }
]
var topicAlertPairs = flatten(map(topicAlerts, alert => map(topicIds, id => {
  alert: alert
  topicId: id
})))
var logAlerts = [
  {
    key: 'poison-queues'
    severity: 1
    threshold: 0
    description: 'A message failed five times and lies in a -poison queue.'
    query: 'StorageQueueLogs | where OperationName == "PutMessage" and Uri contains "-poison"'
  }
  {
    key: 'function-failures'
    severity: 2
    threshold: 10
    description: 'Functions throw, or answer 5xx.'
    query: 'AppRequests | where Success == false | where ResultCode == "0" or toint(ResultCode) >= 500'
  }
]

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'Global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'slipway'
    emailReceivers: empty(alertEmail) ? [] : [
      {
        name: 'operators'
        emailAddress: alertEmail
        useCommonAlertSchema: true
      }
    ]
  }
}

resource topicMetricAlerts 'Microsoft.Insights/metricAlerts@2018-03-01' = [for pair in topicAlertPairs: {
  name: '${last(split(pair.topicId, '/'))}-${pair.alert.key}'
  location: 'global'
  tags: tags
  properties: {
    description: pair.alert.description
    enabled: true
    severity: pair.alert.severity
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    scopes: [
      pair.topicId
    ]
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: pair.alert.key
          metricName: pair.alert.metric
          operator: 'GreaterThan'
          threshold: pair.alert.threshold
          timeAggregation: 'Total'
        }
      ]
    }
    actions: [
      {
        actionGroupId: actionGroup.id
      }
    ]
  }
}]

resource cosmosThrottling 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${last(split(cosmosAccountId, '/'))}-throttling'
  location: 'global'
  tags: tags
  properties: {
    description: 'Cosmos DB answers 429 so often that retries may not be enough.'
    enabled: true
    severity: 2
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    scopes: [
      cosmosAccountId
    ]
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'throttled'
          metricName: 'TotalRequests'
          dimensions: [
            {
              name: 'StatusCode'
              operator: 'Include'
              values: [
                '429'
              ]
            }
          ]
          operator: 'GreaterThan'
          threshold: 100
          timeAggregation: 'Count'
        }
      ]
    }
    actions: [
      {
        actionGroupId: actionGroup.id
      }
    ]
  }
}

resource logQueryAlerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for alert in logAlerts: {
  name: '${actionGroupName}-${alert.key}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: alert.key
    description: alert.description
    enabled: true
    severity: alert.severity
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    scopes: [
      logWorkspaceId
    ]
    // The tables appear with their first row, which is later than this rule.
    skipQueryValidation: true
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: alert.query
          operator: 'GreaterThan'
          threshold: alert.threshold
          timeAggregation: 'Count'
        }
      ]
    }
    actions: {
      actionGroups: [
        actionGroup.id
      ]
    }
  }
}]

output actionGroupId string = actionGroup.id
