import type { Node } from 'web-tree-sitter';
import type { Finding } from './finding.ts';
import { type BicepFile, type Declaration, lineOf, plainText, valueAt } from './parse.ts';

/** What must be written out, because the service's own default is laxer or has changed before. */
const REQUIRED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Microsoft.Storage/storageAccounts': {
    allowBlobPublicAccess: 'false',
    allowCrossTenantReplication: 'false',
    allowSharedKeyAccess: 'false',
    minimumTlsVersion: "'TLS1_2'",
    supportsHttpsTrafficOnly: 'true',
  },
  'Microsoft.Storage/storageAccounts/blobServices/containers': { publicAccess: "'None'" },
  'Microsoft.DocumentDB/databaseAccounts': { disableLocalAuth: 'true', minimalTlsVersion: "'Tls12'" },
  'Microsoft.EventGrid/topics': { disableLocalAuth: 'true', minimumTlsVersionAllowed: "'1.2'" },
  'Microsoft.Insights/components': { DisableLocalAuth: 'true' },
  'Microsoft.OperationalInsights/workspaces': { 'features.disableLocalAuth': 'true' },
  'Microsoft.ContainerRegistry/registries': { adminUserEnabled: 'false', anonymousPullEnabled: 'false' },
  'Microsoft.KeyVault/vaults': { enableRbacAuthorization: 'true', enablePurgeProtection: 'true' },
  'Microsoft.MachineLearningServices/workspaces': { systemDatastoresAuthMode: "'Identity'" },
  'Microsoft.Web/sites': { httpsOnly: 'true', 'siteConfig.minTlsVersion': "'1.2'" },
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': { allow: 'false' },
};

type Report = (rule: string, node: Node, message: string) => void;

/** Rules that keep keys out, secrets in, every event recoverable and every role assignment repeatable. */
export const checkSecurity = (file: BicepFile): readonly Finding[] => {
  const findings: Finding[] = [];
  const report: Report = (rule, node, message) => {
    findings.push({ rule, file: file.path, line: lineOf(node), message });
  };
  checkKeyCalls(file.root, report);
  checkSecrets(file, report);
  for (const declaration of file.declarations) {
    if (declaration.kind !== 'resource' || declaration.existing) continue;
    const [type = ''] = (declaration.reference ?? '').split('@');
    checkSettings(declaration, type, report);
    if (type.endsWith('/eventSubscriptions')) checkDeadLetter(declaration, report);
    if (type === 'Microsoft.Authorization/roleAssignments') checkRoleAssignment(declaration, report);
  }
  return findings;
};

const checkKeyCalls = (root: Node, report: Report): void => {
  for (const call of root.descendantsOfType('call_expression')) {
    const called = call.childForFieldName('function');
    const name = called?.childForFieldName('property')?.text ?? called?.text ?? '';
    if (/^list[A-Z]/.test(name)) report('no-keys', call, `'${name}()' reads a key: use the identity instead`);
  }
};

const checkSecrets = (file: BicepFile, report: Report): void => {
  const secrets = file.declarations.filter((each) => isSecure(each));
  for (const secret of secrets) {
    if (secret.value !== undefined && plainText(secret.value) !== '') {
      report('secret-default', secret.node, `secure parameter '${secret.name}' has a default`);
    }
  }
  const names = new Set(secrets.map((secret) => secret.name));
  for (const output of file.declarations.filter((each) => each.kind === 'output')) {
    const leaked = output.value === undefined ? [] : identifiersIn(output.value).filter((name) => names.has(name));
    if (leaked.length > 0 || isSecretName(output.name)) {
      report('secret-output', output.node, `output '${output.name}' shows a secret`);
    }
  }
};

const isSecure = (declaration: Declaration): boolean =>
  declaration.kind === 'param' && declaration.decorators.some((decorator) => decorator.text === '@secure()');

const identifiersIn = (node: Node): readonly string[] =>
  [node, ...node.descendantsOfType('identifier')].filter((each) => each.type === 'identifier').map((each) => each.text);

const isSecretName = (name: string): boolean => /(password|secret|key|token)s?$/i.test(name);

const checkSettings = (declaration: Declaration, type: string, report: Report): void => {
  for (const [path, wanted] of Object.entries(REQUIRED[type] ?? {})) {
    const value = valueAt(declaration.value, ['properties', ...path.split('.')]);
    if (value?.text !== wanted) {
      report('insecure-setting', value ?? declaration.node, `${type}: '${path}' must be ${wanted}`);
    }
  }
};

const checkDeadLetter = (declaration: Declaration, report: Report): void => {
  const path = ['properties', 'deadLetterWithResourceIdentity', 'deadLetterDestination'];
  if (valueAt(declaration.value, path) === undefined) {
    report('no-dead-letter', declaration.node, `'${declaration.name}' loses events that cannot be delivered`);
  }
};

/**
 * Without the type, Azure looks a fresh identity up and often does not find it yet. The deployer alone exists
 * before, and may be a person.
 */
const checkRoleAssignment = (declaration: Declaration, report: Report): void => {
  const principal = valueAt(declaration.value, ['properties', 'principalId'])?.text;
  const type = valueAt(declaration.value, ['properties', 'principalType']);
  const deployer = principal === 'deployerPrincipalId' && type?.text === 'deployerPrincipalType';
  if (plainText(type) !== 'ServicePrincipal' && !deployer) {
    report('principal-type', type ?? declaration.node, "'principalType' must be 'ServicePrincipal'");
  }
  const name = valueAt(declaration.value, ['name']);
  if (name?.childForFieldName('function')?.text !== 'guid') {
    report('assignment-name', name ?? declaration.node, 'the name must be guid() of scope, principal and role');
  }
};
