import type { RefusalCode } from '../../shared/packaging/model/refusal.ts';
import type { ErrorCode } from '../../shared/platform/errors.ts';

/** What fields of a policy mean, where the schema does not say it. A test compares the names with the schema. */
export const POLICY_MEANINGS: Readonly<Record<string, string>> = {
  schemaVersion: 'Version of this form.',
  name: 'Must be the name in the path.',
  'selector.tags': 'Only versions with all of these tags, as registered.',
  trigger:
    'What starts a rollout: the registration of a version, its move to a stage, as in `{"stage": "Production"}`, or an alias that is set to it, as in `{"alias": "challenger"}`. `manual`: only `POST /api/v1/rollouts`.',
  mode: 'Gates act.',
  onNewerVersion:
    'When a newer version comes during a rollout: wait for it to end, take its place, or refuse the newer one.',
  supersedeUntilLive: 'With `queueLatest`: a rollout that has had no traffic yet makes room at once.',
  steps: 'See [Steps](#steps).',
  gates: 'See [Gates](#gates).',
  allowUngated: 'Accepts a policy without an enforced gate.',
  'analysis.interval': 'How often gates judge during a bake.',
  'analysis.ingestionDelay': 'How long metrics take to arrive: younger minutes are not read yet.',
  'analysis.alphaTotal':
    'Probability that all `errorRatio` gates together take back a good version, over the whole rollout.',
  'analysis.evidence': 'What a bake has to show: that no harm was found in enough requests.',
  'insufficientData.maxExtend': 'How often a bake is repeated when too few requests came to judge.',
  'insufficientData.then': 'What happens after the last extension.',
  'metricsError.consecutiveLimit': 'Failed reads of the metrics in a row before the rollout is paused.',
  'metricsError.rollbackAfter': 'How long metrics may be missing before the canary is taken back.',
  approvals: 'Steps that a person must allow.',
  'approvals[].timeout': 'How long to wait for the person.',
  'approvals[].onTimeout': 'What happens when nobody answers.',
  'freeze.windows': 'Times in which nothing advances. Gates still judge, and rollbacks still happen.',
  'freeze.windows[].name': 'Shown as the reason.',
  'freeze.windows[].from': 'Begin, with an offset or Z.',
  'freeze.windows[].to': 'End.',
  'deadline.after': 'Longest time from the start to promotion.',
  'deadline.then': 'What happens when it is over.',
  'rollback.keepCanary':
    'How long the canary deployment stays without traffic after a rollback, for a look at its logs.',
  'rollback.verifyTimeout': 'How long a write of traffic may go unconfirmed before it is written again.',
  'rollback.blockVersion': 'A version that a gate took back is not rolled out again by itself.',
  'hold.duration': 'How long the version before stays deployed after promotion, ready to take all traffic back.',
  'hold.holdback': 'Traffic that stays on the version before during the hold.',
  'retire.action': 'Whether the deployment of the version before is deleted after the hold.',
  'drift.then': 'What drift on this endpoint does to a rollout under way. See [Get alerts](../how-to/get-alerts.md).',
  'packaging.onnx.convert':
    'Whether a model of scikit-learn, XGBoost or LightGBM is converted to an ONNX graph, which is served without Python. `try`: the graph is served when it answers like the model, else the model in Python; `require`: else the package is refused. See [Serve a model as a graph](../how-to/serve-as-a-graph.md).',
  'packaging.onnx.tolerance':
    'Largest difference of an answer, as a share of what the model answers, or of 1 when that is less.',
  'packaging.onnx.missing':
    '`as-model`: where the model takes missing and infinite values, the graph must answer to them like the model. `refuse`: the graph is served without taking them, with status 400.',
  'deployment.instanceType': 'Size of the machines; `INSTANCE_TYPE` when absent.',
  'deployment.instanceCount': 'Machines of the canary deployment.',
  'deployment.requestTimeout': 'Longest time for one request; at most `PT3M`.',
  'deployment.environmentVariables': 'For the container of the model.',
  'deployment.collectData': 'Switches on Azure ML’s data collector for inputs and outputs.',
  'steps.smoke.kind': 'Sends the canary requests of its own before it gets any traffic.',
  'steps.smoke.requests': 'What is sent: the model’s own input example.',
  'steps.traffic.kind': 'Gives the canary a share of the requests and watches it.',
  'steps.traffic.weight': 'Percent of requests that the canary gets.',
  'gates.errorRatio.id': 'Name in the journal.',
  'gates.errorRatio.enforce': '`false`: the verdict is only recorded.',
  'gates.errorRatio.type':
    'Compares the error rates of canary and stable in the same minutes. See [How a rollout decides](../explanation/how-a-rollout-decides.md#gates).',
  'gates.absolute.id': 'Name in the journal.',
  'gates.absolute.enforce': '`false`: the verdict is only recorded.',
  'gates.absolute.type': 'Holds one number of the canary against a limit.',
  'gates.absolute.metric': '`errorRate` and `timeoutRate` are shares of requests, percentiles are latencies.',
  'gates.absolute.minSamples': 'Canary requests that one verdict needs.',
};

/** What settings mean, where the schema does not say it. */
export const SETTING_MEANINGS: Readonly<Record<string, string>> = {
  COSMOS_ENDPOINT: 'Cosmos DB account.',
  COSMOS_DATABASE: 'Database in it.',
  COSMOS_KEY: 'Embedded stack only. Without it, managed identity.',
  BLOB_ENDPOINT: 'Blob Storage: artifacts, images, dead letters, leases.',
  QUEUE_ENDPOINT: 'Queue Storage: work queues.',
  STORAGE_CONNECTION_STRING: 'Embedded stack only. Without it, managed identity.',
  EVENT_GRID_TOPIC_ENDPOINT: 'Topic that events are published to.',
  EVENT_GRID_TOPIC_KEY: 'Embedded stack only. Without it, managed identity.',
  EVENT_SOURCE: 'CloudEvents `source` of every event.',
  ARM_ENDPOINT: 'Azure Resource Manager.',
  ARM_TOKEN: 'Embedded stack only. Without it, managed identity.',
  AZURE_ML_WORKSPACE_ID: 'ARM id of the workspace whose endpoints are used.',
  AZURE_ML_API_VERSION: 'ARM API version for the workspace.',
  AZURE_LOCATION: 'Region of new endpoints and deployments.',
  AZURE_CLIENT_ID: 'Client id of the user-assigned identity to act as.',
  INSTANCE_TYPE: 'Machine size of deployments when the policy does not say one.',
  ACCESS: '`open` is accepted only when `PUBLIC_URL` is loopback.',
  PRIVATE_EGRESS: 'Whether webhooks may go to http and private addresses. For tests.',
  LOG_LEVEL: 'Lowest level that is logged.',
};

/** What a caller can do about an error. */
export const ERROR_ADVICE: Readonly<Record<ErrorCode, string>> = {
  INVALID_PARAMETER_VALUE: 'Correct the fields that the message names.',
  BAD_REQUEST: 'Send JSON with `content-type: application/json`.',
  UNAUTHENTICATED: 'Send a token as Bearer, or as the password of Basic credentials. See [Access](access.md).',
  PERMISSION_DENIED:
    'You lack the role that the message names: [Access](access.md). In the log: the address may not be called, or a role assignment is missing or a few minutes old.',
  RESOURCE_DOES_NOT_EXIST: 'Check the name. Just created things may take a moment.',
  ENDPOINT_NOT_FOUND: 'Check method and path.',
  RESOURCE_ALREADY_EXISTS: 'Use what is there, or another name.',
  RESOURCE_CONFLICT: 'Somebody else changed it: read it again and repeat.',
  PRECONDITION_FAILED: '`If-Match` or `expectRev` names an old state: read it again and decide anew.',
  PAYLOAD_TOO_LARGE: 'JSON bodies are at most 1 MiB. Artifacts are streamed and have no such limit.',
  INVALID_STATE: 'The message says what the state is. Another attempt alone does not help.',
  NOT_IMPLEMENTED: 'This part is not there.',
  REQUEST_LIMIT_EXCEEDED: 'Wait as long as `Retry-After` says.',
  TEMPORARILY_UNAVAILABLE: 'Try again; wait as long as `Retry-After` says when it is there.',
  INTERNAL_ERROR: 'Look for the correlation id in the log, and report it.',
};

/** What a data scientist can do about a refusal. */
export const REFUSAL_ADVICE: Readonly<Record<RefusalCode | 'artifacts-unreachable', string>> = {
  'mlmodel-missing': 'The folder has no MLmodel file: register the folder that holds it, or one with a `score.py`.',
  'mlmodel-too-large': 'MLmodel is over 1 MiB.',
  'mlmodel-unreadable': 'MLmodel is not YAML that can be read safely.',
  'mlmodel-invalid': 'MLmodel lacks fields that MLflow writes.',
  'signature-invalid': 'Log the signature again with `infer_signature`.',
  'flavor-not-servable':
    'The onnx flavor and python_function are served, without Java: log the model with MLflow for Python, or convert it.',
  'script-incomplete': 'Write `def init():` and `def run(raw_data):` at the top level of `score.py`.',
  'environment-too-large': 'Each file of the environment is at most 1 MiB.',
  'file-missing': 'The file that MLmodel names is not in the folder: let the upload finish before you register.',
  'path-not-allowed': 'Rename the file: no absolute paths, no `..`, nothing that two systems read differently.',
  'too-many-files': 'At most 10 000 files.',
  'model-too-large': 'At most 64 GiB.',
  'artifacts-unreachable':
    'The source cannot be read from here: upload the files to the artifact proxy, or register an Azure ML source.',
};
