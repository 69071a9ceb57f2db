/** The nodes that the parser of `@zeit/cosmosdb-query` makes. */
export type Expression =
  | { readonly type: 'identifier' | 'parameter_name'; readonly name: string }
  | {
      readonly type: 'string_constant' | 'number_constant' | 'boolean_constant';
      readonly value: string | number | boolean;
    }
  | { readonly type: 'null_constant' | 'undefined_constant' }
  | { readonly type: 'array_constant' | 'scalar_array_expression'; readonly elements: readonly Expression[] }
  | { readonly type: 'object_constant' | 'scalar_object_expression'; readonly properties: readonly ObjectEntry[] }
  | MemberExpression
  | {
      readonly type: 'scalar_binary_expression';
      readonly left: Expression;
      readonly operator: string;
      readonly right: Expression;
    }
  | { readonly type: 'scalar_unary_expression'; readonly operator: string; readonly argument: Expression }
  | { readonly type: 'scalar_in_expression'; readonly value: Expression; readonly list: readonly Expression[] }
  | {
      readonly type: 'scalar_between_expression';
      readonly value: Expression;
      readonly begin: Expression;
      readonly end: Expression;
    }
  | {
      readonly type: 'scalar_conditional_expression';
      readonly test: Expression;
      readonly consequent: Expression;
      readonly alternate: Expression;
    }
  | FunctionExpression
  | { readonly type: SubqueryType; readonly expression: SelectQuery };

export type SubqueryType = 'exists_subquery_expression' | 'array_subquery_expression' | 'scalar_subquery_expression';

export interface ObjectEntry {
  readonly key: { readonly name?: string; readonly value?: string };
  readonly value: Expression;
}

export interface MemberExpression {
  readonly type: 'scalar_member_expression';
  readonly object: Expression;
  readonly property: Expression;
  readonly computed: boolean;
}

export interface FunctionExpression {
  readonly type: 'scalar_function_expression';
  readonly name: { readonly name: string };
  readonly arguments: readonly Expression[];
  readonly udf?: boolean;
}

export type CollectionExpression =
  | { readonly type: 'collection_expression'; readonly expression: { readonly name: string } }
  | {
      readonly type: 'collection_member_expression';
      readonly object: CollectionExpression;
      readonly property: Expression;
      readonly computed: boolean;
    }
  | { readonly type: 'collection_subquery_expression'; readonly expression: SelectQuery };

export interface FromSource {
  readonly expression: CollectionExpression;
  readonly alias?: { readonly name: string } | null;
  /** True for `alias IN array`. */
  readonly iteration?: boolean;
}

export interface SelectSpecification {
  readonly '*'?: boolean;
  readonly value?: Expression;
  readonly properties?: {
    readonly properties: readonly {
      readonly property: Expression;
      readonly alias?: { readonly name?: string; readonly value?: string } | null;
    }[];
  };
}

export interface SortExpression {
  readonly expression: Expression;
  readonly order?: 'ASC' | 'DESC' | null;
}

export interface SelectQuery {
  readonly type: 'select_query';
  readonly top?: { readonly value: Expression } | null;
  readonly select: SelectSpecification;
  readonly from?: { readonly source: FromSource; readonly joins?: readonly FromSource[] } | null;
  readonly where?: { readonly condition: Expression } | null;
  readonly orderBy?: { readonly expressions: readonly SortExpression[] } | null;
}
