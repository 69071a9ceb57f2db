import { Language, type Node, Parser } from 'web-tree-sitter';

type DeclarationKind = 'param' | 'var' | 'resource' | 'module' | 'output' | 'other';

export interface Declaration {
  readonly kind: DeclarationKind;
  readonly name: string;
  readonly node: Node;
  /** What follows `=`, without `if` and `for`. */
  readonly value: Node | undefined;
  /** `Type@version` of a resource, path of a module. */
  readonly reference: string | undefined;
  readonly existing: boolean;
  /** Written type of a parameter or output. */
  readonly type: string | undefined;
  readonly decorators: readonly Node[];
  readonly loop: Node | undefined;
}

export interface BicepFile {
  readonly path: string;
  readonly root: Node;
  readonly declarations: readonly Declaration[];
}

const KINDS: Readonly<Record<string, DeclarationKind>> = {
  parameter_declaration: 'param',
  variable_declaration: 'var',
  resource_declaration: 'resource',
  module_declaration: 'module',
  output_declaration: 'output',
  type_declaration: 'other',
  user_defined_function: 'other',
};

const createParser = async (): Promise<Parser> => {
  await Parser.init();
  const grammar = new URL(import.meta.resolve('tree-sitter-bicep/tree-sitter-bicep.wasm'));
  const parser = new Parser();
  parser.setLanguage(await Language.load(grammar.pathname));
  return parser;
};

let parser: Promise<Parser> | undefined;

/** The syntax tree of one file with its declarations. A tree may hold errors: see `syntaxErrors`. */
export const parseBicep = async (path: string, text: string): Promise<BicepFile> => {
  parser ??= createParser();
  const tree = (await parser).parse(text);
  if (tree === null) throw new Error(`${path} was not parsed`);
  return { path, root: tree.rootNode, declarations: toDeclarations(tree.rootNode) };
};

const toDeclarations = (root: Node): readonly Declaration[] => {
  const found: Declaration[] = [];
  let decorators: readonly Node[] = [];
  for (const node of root.namedChildren) {
    const kind = KINDS[node.type];
    if (kind !== undefined) found.push(toDeclaration(kind, node, decorators));
    decorators = node.type === 'decorators' ? node.namedChildren : [];
  }
  return found;
};

const toDeclaration = (kind: DeclarationKind, node: Node, decorators: readonly Node[]): Declaration => {
  const equals = node.children.findIndex((child) => child.type === '=');
  const written = equals === -1 ? undefined : node.children[equals + 1];
  const reference = kind === 'resource' || kind === 'module' ? childOfType(node, 'string') : undefined;
  return {
    kind,
    name: childOfType(node, 'identifier')?.text ?? '',
    node,
    value: kind === 'resource' || kind === 'module' ? bodyOf(written) : written,
    reference: reference === undefined ? undefined : plainText(reference),
    existing: node.children.some((child) => child.type === 'existing'),
    type: childOfType(node, 'type')?.text,
    decorators,
    loop: written?.type === 'for_statement' ? written : undefined,
  };
};

/** The first child of a type. */
const childOfType = (node: Node, type: string): Node | undefined =>
  node.namedChildren.find((child) => child.type === type);

/** The object behind `if (…)` and `[for … : …]`. */
export const bodyOf = (node: Node | undefined): Node | undefined => {
  if (node?.type === 'for_statement') return bodyOf(node.childForFieldName('body') ?? undefined);
  if (node?.type === 'if_statement') return childOfType(node, 'object');
  return node;
};

/** Text of a string without interpolation, undefined for anything else. */
export const plainText = (node: Node | undefined): string | undefined =>
  node?.type === 'string' && !node.namedChildren.some((child) => child.type === 'interpolation')
    ? node.text.replace(/^'+|'+$/g, '')
    : undefined;

export interface Property {
  /** Undefined when the key is computed. */
  readonly key: string | undefined;
  readonly value: Node;
  readonly node: Node;
}

/** The properties of an object node in their order. */
export const propertiesOf = (object: Node): readonly Property[] =>
  object.namedChildren.flatMap((node) => {
    const [key, value] = node.namedChildren;
    if (node.type !== 'object_property' || key === undefined || value === undefined) return [];
    return [{ key: key.type === 'string' ? plainText(key) : key.text, value, node }];
  });

/** The value at a path of plain keys, undefined when there is none. */
export const valueAt = (object: Node | undefined, path: readonly string[]): Node | undefined => {
  const [first, ...rest] = path;
  if (object === undefined || first === undefined) return object;
  if (object.type !== 'object') return undefined;
  return valueAt(propertiesOf(object).find((property) => property.key === first)?.value, rest);
};

/** From 1. */
export const lineOf = (node: Node): number => node.startPosition.row + 1;
