import type { Node } from 'web-tree-sitter';
import type { ResourceType } from './catalogue.ts';
import { loopScope, type Scope, type Sources } from './evaluate.ts';
import type { Finding } from './finding.ts';
import { type BicepFile, type Declaration, lineOf, plainText, propertiesOf, valueAt } from './parse.ts';
import { checkShape, type ValueContext } from './values.ts';

/** Properties of the language, not of the resource. */
const META = ['parent', 'scope', 'dependsOn'];

export interface ResourceChecks {
  readonly sources: Sources;
  readonly catalogue: ReadonlyMap<string, ResourceType>;
}

/** Every resource against its type: the type and version, then each property down to the literals. */
export const checkResources = (file: BicepFile, { sources, catalogue }: ResourceChecks): readonly Finding[] => {
  const findings: Finding[] = [];
  const report = (rule: string, node: Node, message: string): void => {
    findings.push({ rule, file: file.path, line: lineOf(node), message });
  };
  const scope: Scope = { file, sources, loops: new Map() };
  for (const declaration of file.declarations) {
    if (declaration.kind !== 'resource') continue;
    const resource = findType(declaration, catalogue, report);
    if (resource !== undefined) {
      checkResource(declaration, { resource, scope: loopScope(declaration.loop, scope), report });
    }
  }
  return findings;
};

type Report = ValueContext['report'];

const findType = (
  declaration: Declaration,
  catalogue: ResourceChecks['catalogue'],
  report: Report,
): ResourceType | undefined => {
  const [type = '', version = ''] = (declaration.reference ?? '').split('@');
  const resource = catalogue.get(type.toLowerCase());
  if (resource === undefined) {
    report('unknown-type', declaration.node, `'${type}' is no resource type that infra/types knows`);
    return undefined;
  }
  if (resource.type !== type) report('unknown-type', declaration.node, `'${type}' is written '${resource.type}'`);
  if (resource.apiVersion !== version) {
    report('api-version', declaration.node, `${type} is checked against ${resource.apiVersion}, not '${version}'`);
  }
  return resource;
};

/** Resource groups are deployed to a subscription, everything else to a resource group. */
const checkScope = (declaration: Declaration, context: ValueContext): void => {
  const target = context.scope.file.root.namedChildren.find((node) => node.type === 'target_scope_assignment');
  const isSubscription = target?.text.includes("'subscription'") === true;
  const { scope, type } = context.resource;
  if ((scope === 'Subscription') !== isSubscription) {
    context.report('wrong-scope', declaration.node, `${type} cannot be deployed from this file's targetScope`);
  }
};

const checkResource = (declaration: Declaration, context: ValueContext): void => {
  const { value, node } = declaration;
  checkScope(declaration, context);
  if (value?.type !== 'object') {
    context.report('syntax', node, `'${declaration.name}' has no body`);
    return;
  }
  checkParent(declaration, value, context);
  if (declaration.existing) checkExisting(value, context);
  else checkShape(value, context.resource.body, context, META);
};

const checkExisting = (body: Node, context: ValueContext): void => {
  const keys = propertiesOf(body).map((property) => property.key ?? '');
  for (const { key, node } of propertiesOf(body)) {
    if (key !== undefined && key !== 'name' && !META.includes(key)) {
      context.report('unknown-property', node, `an existing resource has no '${key}'`);
    }
  }
  if (!keys.includes('name')) context.report('missing-property', body, "'name' is missing");
};

/** A child names its parent, and that is a resource of the type above it. */
const checkParent = (declaration: Declaration, body: Node, context: ValueContext): void => {
  const { file } = context.scope;
  const parent = valueAt(body, ['parent']);
  const above = context.resource.type.split('/').slice(0, -1).join('/');
  if (parent === undefined) {
    const isChild = context.resource.type.split('/').length > 2;
    const name = plainText(valueAt(body, ['name']));
    if (isChild && name?.includes('/') !== true) {
      context.report('missing-property', declaration.node, "'parent' is missing");
    }
    return;
  }
  const owner = file.declarations.find((each) => each.kind === 'resource' && each.name === parent.text);
  const [type = ''] = (owner?.reference ?? '').split('@');
  if (type.toLowerCase() !== above.toLowerCase()) {
    context.report('wrong-parent', parent, `parent is '${type || parent.text}', not ${above}`);
  }
};
