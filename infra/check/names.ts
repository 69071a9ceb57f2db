import type { Node } from 'web-tree-sitter';
import type { Finding } from './finding.ts';
import { type BicepFile, type Declaration, lineOf } from './parse.ts';

/** Functions of the language that our files may call; anything else is a slip. */
const FUNCTIONS = new Set(
  `array base64 concat contains deployer deployment empty endsWith environment filter first flatten format guid
  indexOf int intersection items join last length loadJsonContent loadTextContent map max min objectKeys padLeft
  range reduce replace resourceGroup resourceId skip sort split startsWith string subscription
  subscriptionResourceId substring take tenant toLower toObject toUpper trim union uniqueString uri`.split(/\s+/),
);
const DECORATORS = new Set(
  'allowed batchSize description maxLength maxValue metadata minLength minValue secure'.split(' '),
);

/** Syntax errors, names that nothing declares, that nothing uses, and that are declared twice. */
export const checkNames = (file: BicepFile): readonly Finding[] => {
  const findings: Finding[] = [];
  const report = (rule: string, node: Node, message: string): void => {
    findings.push({ rule, file: file.path, line: lineOf(node), message });
  };
  for (const node of syntaxErrors(file.root)) report('syntax', node, `cannot read '${node.text.slice(0, 40)}'`);
  if (findings.length > 0) return findings;

  const symbols = file.declarations.filter((declaration) => declaration.kind !== 'output');
  const names = new Set(symbols.map((declaration) => declaration.name));
  const used = new Set<string>();
  for (const group of [symbols, file.declarations.filter((declaration) => declaration.kind === 'output')]) {
    for (const again of duplicates(group)) report('duplicate-name', again.node, `'${again.name}' is declared twice`);
  }
  for (const reference of references(file.root, new Set())) {
    if (reference.kind === 'call') {
      const known = reference.decorator ? DECORATORS : FUNCTIONS;
      if (!known.has(reference.node.text)) report('unknown-function', reference.node, `no '${reference.node.text}'`);
    } else if (names.has(reference.node.text)) used.add(reference.node.text);
    else report('undeclared-name', reference.node, `'${reference.node.text}' is not declared`);
  }
  for (const declaration of symbols) {
    if (mustBeUsed(declaration) && !used.has(declaration.name)) {
      report('unused-name', declaration.node, `'${declaration.name}' is never used`);
    }
  }
  return findings;
};

const mustBeUsed = (declaration: Declaration): boolean =>
  declaration.kind === 'param' || declaration.kind === 'var' || declaration.existing;

const syntaxErrors = (node: Node): readonly Node[] => {
  if (!node.hasError && !node.isMissing) return [];
  if (node.isError || node.isMissing) return [node];
  return node.children.flatMap(syntaxErrors);
};

const duplicates = (declarations: readonly Declaration[]): readonly Declaration[] => {
  const seen = new Set<string>();
  return declarations.filter((declaration) => {
    const again = seen.has(declaration.name);
    seen.add(declaration.name);
    return again;
  });
};

type Reference =
  | { readonly kind: 'name'; readonly node: Node }
  | { readonly kind: 'call'; readonly node: Node; readonly decorator: boolean };

/** Where the first identifier is the name that is being declared, not a use. */
const DECLARES = /(_declaration|user_defined_function)$/;

/** Uses of names and functions below a node, without those that a loop or lambda declares. */
const references = (node: Node, local: ReadonlySet<string>): readonly Reference[] => {
  if (node.type === 'identifier') return local.has(node.text) ? [] : [{ kind: 'name', node }];
  if (node.type === 'call_expression') return callReferences(node, local);
  const scope = new Set([...local, ...declaredBy(node)]);
  return node.namedChildren
    .filter((child, index) => !isOwnName(node, child, index))
    .flatMap((child) => references(child, scope));
};

const isOwnName = (parent: Node, child: Node, index: number): boolean =>
  child.type === 'identifier' && index === 0 && (DECLARES.test(parent.type) || parent.type === 'object_property');

const callReferences = (call: Node, local: ReadonlySet<string>): readonly Reference[] => {
  const called = call.childForFieldName('function');
  const decorator = call.parent?.type === 'decorator';
  const own: readonly Reference[] =
    called?.type === 'identifier'
      ? [{ kind: 'call', node: called, decorator }]
      : called === null
        ? []
        : references(called, local);
  const given = call.childForFieldName('arguments')?.namedChildren ?? [];
  return [
    ...own,
    // The grammar ends a lambda before `.x`, so its parameter counts for the whole argument.
    ...given.flatMap((argument) => references(argument, new Set([...local, ...lambdaParameters(argument)]))),
  ];
};

const lambdaParameters = (argument: Node): readonly string[] =>
  argument.descendantsOfType('lambda_expression').flatMap((lambda) => {
    const [parameters] = lambda.namedChildren;
    if (parameters === undefined) return [];
    return parameters.type === 'identifier'
      ? [parameters.text]
      : parameters.descendantsOfType('identifier').map((identifier) => identifier.text);
  });

const declaredBy = (node: Node): readonly string[] => {
  if (node.type !== 'for_statement') return [];
  const single = node.childForFieldName('initializer');
  if (single !== null) return [single.text];
  return node.descendantsOfType(['loop_variable', 'loop_enumerator']).map((variable) => variable.text);
};
